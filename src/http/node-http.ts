/**
 * node:http by way of Node's table of modules. As an ES module it also gives names (WebSocket among them) that load all
 * of undici: 40 ms and 13 MB in each process, for what no part of this project uses. Types are imported as usual.
 */
export const http = process.getBuiltinModule('node:http')
