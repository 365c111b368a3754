/** The command line of a process that is several components: each component's flags are the words after its name. */
export function sectionsOf(words: readonly string[], components: readonly string[]): Map<string, string[]> {
  const sections = new Map<string, string[]>()
  let current: string[] = []
  for (const word of words) {
    if (components.includes(word)) {
      current = []
      sections.set(word, current)
    } else current.push(word)
  }
  return sections
}
