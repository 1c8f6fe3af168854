import type { GradeItem, Grader } from './grader.ts';

/** What stands behind the last `</think>` (or `</thinking>`); a text without one is whole. Models that reason aloud end their reasoning so. */
export function answerPart(text: string): string {
  const end = Math.max(...['</think>', '</thinking>'].map((tag) => text.lastIndexOf(tag)));
  return end === -1 ? text : text.slice(text.indexOf('>', end) + 1);
}

/** The grader, asked about answers without the thoughts before them; references too, which may be such a model's. */
export function behindThoughts(grader: Grader): Grader {
  const part = ({ answer, row }: GradeItem): GradeItem => ({ answer: answerPart(answer), row: row.reference === null ? row : { ...row, reference: answerPart(row.reference) } });
  return {
    spec: grader.spec,
    needsReference: grader.needsReference,
    grade: async (answer, row) => {
      const item = part({ answer, row });
      return grader.grade(item.answer, item.row);
    },
    gradeBatch: (items) => grader.gradeBatch(items.map(part)),
    dispose: () => grader.dispose(),
  };
}
