/** Prefers nodes that have the pod's images already; an image that few nodes have counts for less, so that they are not swamped. */
import { maxScore, type Plugin, scoreEach } from '../framework.ts'
import { normalizedImage } from '../node-info.ts'

const megabyte = 1024 * 1024
const least = 23 * megabyte
const mostPerImage = 1000 * megabyte

export const imageLocality: Plugin = {
  name: 'ImageLocality',
  preScore({ pod }, { cluster }, candidates) {
    const wanted = [...(pod.spec.initContainers ?? []), ...pod.spec.containers].map((c) => c.image ?? '')
    for (const { image } of pod.spec.volumes ?? []) if (image) wanted.push(image.reference ?? '')
    const images = wanted
      .map(normalizedImage)
      .map((name) => ({ name, spread: cluster.nodesWithImage(name) / cluster.nodes.length }))
      .filter((image) => image.spread > 0)
    if (images.length === 0) return undefined
    const most = mostPerImage * wanted.length
    return {
      score: scoreEach(candidates, (node) => {
        let sum = 0
        for (const { name, spread } of images) sum += Math.floor((node.images.get(name) ?? 0) * spread)
        const bounded = Math.min(Math.max(sum, least), most)
        return Math.floor((maxScore * (bounded - least)) / (most - least))
      }),
    }
  },
}
