import { defineConfig } from 'vitest/config'

// Files share one process per worker: the suite is hundreds of small files, and a module load per file would be most of its time.
export default defineConfig({
  test: {
    pool: 'threads',
    execArgv: ['--disable-warning=ExperimentalWarning'],
    isolate: false,
    projects: [
      { extends: true, test: { name: 'unit', include: ['src/**/*.test.ts'], testTimeout: 20_000 } },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/**/*.test.ts'],
          pool: 'forks',
          isolate: false,
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
})
