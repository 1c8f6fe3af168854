import { describe, expect, it } from 'vitest';
import type { Bridge, CallName, DatasetDto } from '../../shared/contract.ts';
import type { TaskDto } from '../../shared/task.ts';
import { joinGrader, splitGrader } from './grader.ts';
import { asKind, withRole, withTemplate } from './roles.ts';
import { TaskDraft } from './task-draft.svelte.ts';
import { taskAbout } from './words.ts';

describe('graders and roles', () => {
  it('keep their text, and are empty while it is missing', () => {
    expect(splitGrader('contains: dog: brown')).toEqual({ kind: 'contains', text: ' dog: brown' });
    expect(splitGrader('something')).toEqual({ kind: null, text: '' });
    expect(joinGrader('contains', '')).toBe('');
    expect(joinGrader('number', 'left over')).toBe('number');
  });

  it('drop columns that another way of reading does not have, and a template where a conversation is asked', () => {
    const alpaca = { kind: 'alpaca', prompt: 'instruction', input: 'input', answer: 'output', template: 'Q: {prompt}' } as const;
    expect(asKind(alpaca, 'prompt-only')).toEqual({ kind: 'prompt-only', prompt: 'instruction', template: 'Q: {prompt}' });
    expect(asKind(alpaca, 'messages')).toEqual({ kind: 'messages', prompt: 'instruction', answer: 'output' });
    expect(withRole(alpaca, 'input', '')).toEqual({ kind: 'alpaca', prompt: 'instruction', answer: 'output', template: 'Q: {prompt}' });
    expect(withTemplate(alpaca, '')).toEqual({ kind: 'alpaca', prompt: 'instruction', input: 'input', answer: 'output' });
  });
});

describe('a task on a set-up screen', () => {
  const task: TaskDto = { id: 't', name: 'sums', source: 'bundled', datasetId: 'd', datasetName: 'math', rows: 2400, grader: 'number', raw: false, mapping: { kind: 'prompt-answer', prompt: 'prompt', answer: 'answer' }, splits: { by: 'dataset' }, createdAt: 0, updatedAt: 0 };
  const dataset = (id: string, columns: string[]): DatasetDto => ({ id, name: id, source: 'file', fileName: '', rows: 2, unusable: 0, hash: '', columns, mapping: { kind: 'prompt-answer', prompt: columns[0], answer: columns[1] }, suggestedGrader: 'exact', createdAt: 0, description: '', splits: { train: 0, validation: 0, test: 0, unassigned: 2 } });
  function services() {
    const calls: { name: CallName; input: Record<string, unknown> }[] = [];
    const bridge = { call: async (name: CallName, input: Record<string, unknown>) => {
      calls.push({ name, input });
      return { ...task, ...input, id: input['id'] ?? 'new' };
    } } as unknown as Bridge;
    return { calls, draft: new TaskDraft(bridge) };
  }

  it('is the stored one until something differs, whatever the order of its columns', () => {
    const { draft } = services();
    expect(draft.named).toBeNull();
    draft.choose(task);
    draft.mapping = { answer: 'answer', prompt: 'prompt', kind: 'prompt-answer' };
    expect([draft.changed, draft.name]).toEqual([false, 'sums']);
    draft.splits = { by: 'shares', validation: 0.2, test: 0.2, seed: 0 };
    expect([draft.changed, draft.name, draft.named?.taskId]).toEqual([true, 'math', 't']);
  });

  it('changes the stored one under its own name, and makes another under another', async () => {
    const { calls, draft } = services();
    draft.choose(task);
    draft.grader = 'exact';
    await draft.save('sums');
    expect(calls[0]).toEqual({ name: 'tasks.save', input: { id: 't', name: 'sums', datasetId: 'd', mapping: task.mapping, grader: 'exact', raw: false, splits: task.splits } });
    await draft.save('more');
    expect(calls[1].input).not.toHaveProperty('id');
    expect([draft.changed, draft.name]).toEqual([false, 'more']);
  });

  it('keeps template and grader for other rows, and their columns where those are there', () => {
    const { draft } = services();
    draft.choose({ ...task, mapping: { ...task.mapping, template: 'Q: {prompt}' } });
    draft.chooseDataset(dataset('alike', ['prompt', 'answer']));
    expect(draft.mapping).toEqual({ kind: 'prompt-answer', prompt: 'prompt', answer: 'answer', template: 'Q: {prompt}' });
    draft.chooseDataset(dataset('other', ['question', 'reply']));
    expect([draft.mapping, draft.grader, draft.datasetId]).toEqual([{ kind: 'prompt-answer', prompt: 'question', answer: 'reply', template: 'Q: {prompt}' }, 'number', 'other']);
  });

  it('follows the stored one, but keeps what was changed here; a removed one leaves its parts', () => {
    const { draft } = services();
    draft.choose(task);
    draft.follow([{ ...task, name: 'new', grader: 'math' }]);
    expect([draft.name, draft.grader]).toEqual(['new', 'math']);
    draft.raw = true;
    draft.follow([{ ...task, grader: 'exact' }]);
    expect([draft.grader, draft.raw, draft.changed]).toEqual(['math', true, true]);
    draft.follow([]);
    expect([draft.stored, draft.named?.datasetId, draft.named?.taskId]).toEqual([null, 'd', undefined]);
  });

  it('is said in a line, without the text of its grader', () => {
    expect(taskAbout(task)).toBe('math · 2,400 rows · graded by number');
    expect(taskAbout({ ...task, name: 'math', grader: 'contains: dog' })).toBe('2,400 rows · graded by contains');
  });
});
