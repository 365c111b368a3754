/** Writes src/api/types and src/runtime/cri/types.ts from the tables: `npm run generate`. A test fails when they differ from what this would write. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { generateTypes } from '../src/api/generate-types.ts'
import { criTable } from '../src/runtime/cri/api.ts'
import { generateMessageTypes } from '../src/runtime/cri/generate-types.ts'
import { engineTable } from '../src/runtime/engine/api.ts'

const folder = new URL('../src/api/types/', import.meta.url)
rmSync(folder, { recursive: true, force: true })
mkdirSync(folder, { recursive: true })
for (const [file, text] of generateTypes()) writeFileSync(new URL(file, folder), text)

const criTypes = new URL('../src/runtime/cri/types.ts', import.meta.url)
writeFileSync(criTypes, generateMessageTypes(criTable, 'src/runtime/cri/api.ts'))

const engineTypes = new URL('../src/runtime/engine/types.ts', import.meta.url)
writeFileSync(engineTypes, generateMessageTypes(engineTable, 'src/runtime/engine/api.ts'))
