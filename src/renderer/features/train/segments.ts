/** The exact text that the model sees, cut where special tokens and line ends are, so that both can be made visible. */

export interface Segment { kind: 'text' | 'special' | 'newline'; text: string }

/** `<|im_start|>`, `<s>`, `</s>`, `<unk>`, `<bos>`, `[INST]`, `<<SYS>>`: the forms that published templates use. */
const marks = /(<\|[^|<>\s]{1,64}\|>|<\/?s>|<\/?(?:unk|pad|bos|eos|mask)>|\[\/?INST\]|<<\/?SYS>>|<(?:start|end)_of_turn>)|(\n)/g;

export function segmentsOf(text: string): Segment[] {
  const segments: Segment[] = [];
  let end = 0;
  for (const match of text.matchAll(marks)) {
    if (match.index > end) segments.push({ kind: 'text', text: text.slice(end, match.index) });
    segments.push(match[2] ? { kind: 'newline', text: '\n' } : { kind: 'special', text: match[0] });
    end = match.index + match[0].length;
  }
  if (end < text.length) segments.push({ kind: 'text', text: text.slice(end) });
  return segments;
}
