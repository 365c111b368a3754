/**
 * What load balancers and people ask a proxy: is it alive and up to date (port 10256), its mode and metrics (10249),
 * and, for each service with externalTrafficPolicy Local, whether this node has endpoints of it (the service's
 * healthCheckNodePort).
 */
import type { Server, ServerResponse } from 'node:http'
import { http } from '../../http/node-http.ts'
import type { Logger } from '../../log/log.ts'
import type { ServiceProxy } from './proxy.ts'
import type { ProxyPort } from './services.ts'

export interface HealthCheckServers {
  sync(ports: readonly ProxyPort[]): void
  close(): void
}

export function createHealthCheckServers(log: Logger): HealthCheckServers {
  const servers = new Map<number, { server: Server; namespace: string; name: string; localEndpoints: number }>()
  return {
    sync(ports) {
      const wanted = new Map<number, { service: string; endpoints: Set<string> }>()
      for (const port of ports) {
        if (!port.externalLocal || port.healthCheckNodePort === 0) continue
        const entry = wanted.get(port.healthCheckNodePort) ?? { service: port.namespacedName, endpoints: new Set<string>() }
        for (const endpoint of port.local) entry.endpoints.add(endpoint.address)
        wanted.set(port.healthCheckNodePort, entry)
      }
      for (const [port, { server }] of servers) {
        if (wanted.has(port)) continue
        server.close()
        servers.delete(port)
      }
      for (const [port, { service, endpoints }] of wanted) {
        const [namespace, name] = service.split('/') as [string, string]
        const have = servers.get(port)
        if (have) {
          Object.assign(have, { namespace, name, localEndpoints: endpoints.size })
          continue
        }
        const entry = {
          server: http.createServer((_request, response) => answer(response)),
          namespace,
          name,
          localEndpoints: endpoints.size,
        }
        const answer = (response: ServerResponse) =>
          sendJson(response, entry.localEndpoints > 0 ? 200 : 503, {
            service: { namespace: entry.namespace, name: entry.name },
            localEndpoints: entry.localEndpoints,
            serviceProxyHealthy: true,
          })
        entry.server.on('error', (error) => log.error('could not open a health check node port', { port, service, error }))
        entry.server.listen(port)
        servers.set(port, entry)
      }
    },
    close() {
      for (const { server } of servers.values()) server.close()
      servers.clear()
    },
  }
}

/** A change that waits longer than this makes the proxy unhealthy. */
const staleMs = 120_000

export function createHealthServer(proxy: ServiceProxy): Server {
  return http.createServer((request, response) => {
    const { lastSync, pendingSince, nodeEligible } = proxy.status()
    const fresh = lastSync > 0 && (pendingSince === undefined || Date.now() - pendingSince < staleMs)
    const body = { lastUpdated: new Date(lastSync).toISOString(), currentTime: new Date().toISOString() }
    if (request.url === '/healthz') sendJson(response, fresh && nodeEligible ? 200 : 503, { ...body, nodeEligible })
    else if (request.url === '/livez') sendJson(response, fresh ? 200 : 503, body)
    else response.writeHead(404).end('404 page not found\n')
  })
}

export function createMetricsServer(proxy: ServiceProxy, mode: string): Server {
  return http.createServer((request, response) => {
    const status = proxy.status()
    if (request.url === '/proxyMode') response.end(mode)
    else if (request.url === '/healthz') response.end('ok')
    else if (request.url === '/metrics') {
      response.setHeader('content-type', 'text/plain; version=0.0.4; charset=utf-8')
      response.end(metricsText(status))
    } else response.writeHead(404).end('404 page not found\n')
  })
}

function metricsText(status: ReturnType<ServiceProxy['status']>): string {
  const gauge = (name: string, help: string, value: number, type = 'gauge') =>
    `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${name} ${value}\n`
  return (
    gauge(
      'kubeproxy_sync_proxy_rules_last_timestamp_seconds',
      'The last time proxy rules were successfully synced',
      status.lastSync / 1000,
    ) +
    gauge('kubeproxy_sync_proxy_rules_syncs_total', 'Successful syncs of the proxy rules', status.syncs, 'counter') +
    gauge('kubeproxy_sync_proxy_rules_last_duration_seconds', 'How long the last sync took', status.lastSyncMs / 1000) +
    gauge('process_resident_memory_bytes', 'Resident memory size in bytes.', process.memoryUsage.rss())
  )
}

function sendJson(response: ServerResponse, code: number, body: unknown): void {
  response.writeHead(code, { 'content-type': 'application/json', 'x-content-type-options': 'nosniff' }).end(JSON.stringify(body))
}
