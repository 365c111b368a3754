/**
 * What API servers beside this one need to authenticate our users, in kube-system's config map
 * extension-apiserver-authentication (upstream: controlplane/controller/clusterauthenticationtrust).
 */
import { isAlreadyExists, isConflict, isNotFound } from '../../api/errors.ts'
import type { ConfigMap } from '../../api/types/core-v1.ts'
import type { Transport } from '../../client/transport.ts'
import type { FrontProxyOptions } from '../../http/front-proxy.ts'
import type { Kept } from '../kept.ts'

export function extensionConfiguration(clientCa: string | undefined, proxy: FrontProxyOptions | undefined): Record<string, string> {
  return {
    ...(clientCa ? { 'client-ca-file': clientCa } : {}),
    ...(proxy
      ? {
          'requestheader-allowed-names': JSON.stringify(proxy.allowedNames),
          'requestheader-client-ca-file': proxy.ca,
          'requestheader-extra-headers-prefix': JSON.stringify(proxy.extraHeadersPrefixes),
          'requestheader-group-headers': JSON.stringify(proxy.groupHeaders),
          'requestheader-uid-headers': JSON.stringify(proxy.uidHeaders),
          'requestheader-username-headers': JSON.stringify(proxy.usernameHeaders),
        }
      : {}),
  }
}

const collection = '/api/v1/namespaces/kube-system/configmaps'
const name = 'extension-apiserver-authentication'

/** Other servers of the cluster write it too: what they say of other keys stays. */
export const publishedConfiguration = (api: Transport, data: Readonly<Record<string, string>>): Kept => ({
  name: 'start-cluster-authentication-info-controller',
  restsOn: [{ resource: 'configmaps', namespace: 'kube-system', name }],
  async reconcile() {
    if (Object.keys(data).length === 0) return
    try {
      const existing = await api.request<ConfigMap>({ method: 'GET', path: `${collection}/${name}` }).catch((error: unknown) => {
        if (isNotFound(error)) return undefined
        throw error
      })
      if (!existing) await api.request({ method: 'POST', path: collection, body: { metadata: { name }, data } })
      else if (Object.entries(data).some(([key, value]) => existing.data?.[key] !== value))
        await api.request({ method: 'PUT', path: `${collection}/${name}`, body: { ...existing, data: { ...existing.data, ...data } } })
    } catch (error) {
      // Another server wrote: that change has it looked at again.
      if (!isAlreadyExists(error) && !isConflict(error)) throw error
    }
  },
})
