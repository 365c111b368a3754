/** A pod that a process of the machine keeps itself: its mirror shows it, and no kubelet starts or removes it. The value names the process. */
export const processAnnotation = 'kijabi.dev/process'

export const isProcessPod = (pod: { readonly metadata: { readonly annotations?: Readonly<Record<string, string>> } }): boolean =>
  pod.metadata.annotations?.[processAnnotation] !== undefined
