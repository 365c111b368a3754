/** Progress for people: a live line on a terminal, plain lines elsewhere. */
import { styleText } from 'node:util'

export interface Progress {
  /** Begins a step; the one before it is done. */
  step(text: string): void
  /** A word on how far the step is. */
  detail(text: string): void
  done(): void
  fail(): void
}

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']

export function createProgress(out: NodeJS.WriteStream, now = () => performance.now()): Progress {
  let text = ''
  let detail = ''
  let began = 0
  let frame = 0
  let timer: NodeJS.Timeout | undefined

  const seconds = () => `${((now() - began) / 1000).toFixed(1)} s`
  const paint = (mark: string, end: string) =>
    out.write(`\r\x1b[2K${mark} ${text}${detail ? ` (${detail})` : ''} ${styleText('dim', seconds(), { stream: out })}${end}`)
  const finish = (good: boolean) => {
    if (text === '') return
    clearInterval(timer)
    detail = good ? '' : detail
    if (out.isTTY) paint(styleText(good ? 'green' : 'red', good ? '✓' : '✗', { stream: out }), '\n')
    else out.write(`${good ? 'done' : 'failed'}: ${text} (${seconds()})\n`)
    text = ''
  }
  return {
    step(next) {
      finish(true)
      text = next
      detail = ''
      began = now()
      if (!out.isTTY) return
      const spin = () => paint(styleText('cyan', frames[frame++ % frames.length] as string, { stream: out }), '')
      spin()
      timer = setInterval(spin, 80)
      timer.unref()
    },
    detail(word) {
      detail = word
    },
    done: () => finish(true),
    fail: () => finish(false),
  }
}
