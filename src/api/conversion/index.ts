/**
 * Between the versions of one kind that are served side by side: upstream converts through its internal types, here
 * one function does each way. Both ends are in canonical form; the input is not changed.
 */
import type { Json } from '../decode.ts'
import { eventFromCore, eventToCore } from './event.ts'
import { autoscalerFromV1, autoscalerToV1 } from './horizontal-pod-autoscaler.ts'

type Convert = (object: never) => object

const ways: Readonly<Record<string, Readonly<Record<string, Convert>>>> = {
  'autoscaling.v1.HorizontalPodAutoscaler': { 'autoscaling.v2.HorizontalPodAutoscaler': autoscalerFromV1 },
  'autoscaling.v2.HorizontalPodAutoscaler': { 'autoscaling.v1.HorizontalPodAutoscaler': autoscalerToV1 },
  'core.v1.Event': { 'events.v1.Event': eventFromCore },
  'events.v1.Event': { 'core.v1.Event': eventToCore },
}

/** The object as the other type, by ids such as `autoscaling.v2.HorizontalPodAutoscaler`. No such way is a mistake of the caller: it throws. */
export function convert(object: Json, from: string, to: string): Json {
  if (from === to) return object
  const way = ways[from]?.[to]
  if (!way) throw new Error(`nothing converts ${from} to ${to}`)
  return way(object as never) as Json
}

/** The types that an object of this type can be converted to. */
export function convertible(from: string): readonly string[] {
  return Object.keys(ways[from] ?? {})
}
