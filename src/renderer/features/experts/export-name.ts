/** A file name from an expert's name: letters, figures, dots and dashes of any script; never empty, never hidden. */
export function exportName(name: string): string {
  const plain = name.normalize('NFC').replace(/[^\p{L}\p{N}._-]+/gu, '-').replace(/^[-.]+|[-.]+$/g, '').slice(0, 80);
  return plain || 'expert';
}
