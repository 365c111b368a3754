/**
 * Node's `http`, for all who call or serve it. An `import` of the built-in module would read every name that it exports,
 * among them the lazy ones of its WebSocket, and so load Node's whole fetch: 16 MB and 10 ms for each process.
 */
export const http = process.getBuiltinModule('node:http')
