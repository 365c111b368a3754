/** The versions that components and clients print. A test holds `version` to package.json. */
export const version = '0.1.0'
/** What the API server says it is; clients judge version skew by it. */
export const kubernetesVersion = 'v1.36.2'
