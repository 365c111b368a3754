/** Archives that a client makes for the engine to load. */
export { tarArchive } from '../images/tar-writer.ts'
