/** The package's main entry: its versions, and the client library, which is also `kijabi/client`. */
export * from './client/index.ts'
export { kubernetesVersion, version } from './version.ts'
