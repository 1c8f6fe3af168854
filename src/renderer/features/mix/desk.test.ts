import { describe, expect, it } from 'vitest';
import type { Bridge, CallName, EventName, Events, ExpertDto, MixDto, ModelDto, ZMapDto } from '../../../shared/contract.ts';
import { samplingSchema } from '../../../shared/contract.ts';
import { Answers, type Question } from './answers.svelte.ts';
import { Desk } from './desk.svelte.ts';

const model: ModelDto = { id: 'm', name: 'tiny', source: 'bundled', folder: '', weightsHash: 'w1', layers: 2, svd: { state: 'ready' } };
const expert = (id: string, weightsHash = 'w1'): ExpertDto => ({ id, name: id, modelId: 'm', modelName: weightsHash === 'w1' ? 'tiny' : 'other', weightsHash, tags: [], description: '', createdAt: 0, parameters: 8, matrices: 2, method: 'svf', source: 'trained', provenance: {} });
const picture: ZMapDto = { layers: 2, bins: 2, matrices: [0, 1].map((layer) => ({ name: `model.layers.${layer}.self_attn.q_proj.weight`, layer, projection: 'q', rank: 2, cells: [0.2, -0.1] })) };

function services(experts: ExpertDto[] = []) {
  const listeners = new Map<EventName, ((payload: never) => void)[]>();
  const calls: { name: CallName; input: Record<string, unknown> }[] = [];
  let answers = 0;
  const bridge = {
    call: async (name: CallName, input: Record<string, unknown>) => {
      calls.push({ name, input });
      if (name === 'experts.zmap') return picture;
      if (name === 'experts.get') {
        const found = experts.find((one) => one.id === input['id']);
        if (!found) throw new Error('There is no such expert.');
        return found;
      }
      if (name === 'experts.restore') return { ...experts.find((one) => one.id === input['id']), deletedAt: undefined };
      if (name === 'mixes.save') return { id: input['id'] ?? 'new', createdAt: 0, updatedAt: 0, ...input } as MixDto;
      if (name === 'desk.answer') return { answerId: `a${++answers}` };
      if (name === 'graders.test') return [{ row: 0, answer: '', score: 1, reason: 'the numbers are equal' }];
      return null;
    },
    on: (event: EventName, listener: (payload: never) => void) => {
      listeners.set(event, [...(listeners.get(event) ?? []), listener]);
      return () => undefined;
    },
    pathOf: async () => '',
  } as unknown as Bridge;
  const emit = <E extends EventName>(event: E, payload: Events[E]): void => (listeners.get(event) ?? []).forEach((listener) => listener(payload as never));
  return { bridge, calls, emit };
}
const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

async function deskOf(...experts: ExpertDto[]): Promise<Desk> {
  const desk = new Desk(services(experts).bridge);
  desk.model = model;
  for (const one of experts) await desk.add(one);
  return desk;
}

describe('the desk', () => {
  it('never sends an expert of other weights, and says why', async () => {
    const desk = await deskOf(expert('math'), expert('stranger', 'w2'));
    expect(desk.content.parts.map((part) => part.expertId)).toEqual(['math']);
    expect(desk.misfitOf(desk.strips[1])).toContain('Trained for other');
    desk.strips[1].solo = true;
    expect(desk.isHeard(desk.strips[0])).toBe(true);
  });

  it('is the base to the bit of the picture when reset or bypassed', async () => {
    const desk = await deskOf(expert('math'));
    expect(desk.mixed!.largest).toBeGreaterThan(0);
    desk.bypass = true;
    expect(desk.mixed!.largest).toBe(0);
    expect(desk.content.parts.every((part) => part.muted)).toBe(true);
    desk.reset();
    expect(desk.content.parts).toEqual([{ expertId: 'math', alpha: 0, muted: false, solo: false }]);
  });

  it('marks a saved mix as modified until it is saved or put back', async () => {
    const desk = await deskOf(expert('math'));
    await desk.save('School', true);
    expect(desk.modified).toBe(false);
    desk.strips[0].alpha = 0.5;
    expect(desk.modified).toBe(true);
    desk.strips[0].alpha = 1;
    expect(desk.modified).toBe(false);
    desk.form = 'sum';
    expect(desk.modified).toBe(true);
    desk.form = 'base-anchored';
    desk.factor = 0.5;
    expect(desk.modified).toBe(true);
    await desk.save('School', false);
    expect(desk.strips[0].alpha).toBe(0.5);
    expect(desk.factor).toBe(1);
    expect(desk.modified).toBe(false);
  });

  it('shows a removed expert of a saved mix instead of dropping it', async () => {
    const desk = await deskOf(expert('math'));
    await desk.load({ id: 'x', name: 'Old', modelId: 'm', createdAt: 0, updatedAt: 0, form: 'base-anchored', parts: [{ expertId: 'gone', alpha: 1, muted: false, solo: false }, { expertId: 'math', alpha: [0.5, 1], muted: false, solo: false }] });
    expect(desk.strips.map((strip) => strip.name)).toEqual(['Removed expert', 'math']);
    expect(desk.modified).toBe(false);
    expect(desk.strips[1].alpha).toBe(0.75);
  });

  it('counts strips whose expert is missing, and brings back the one that was only deleted', async () => {
    const library = [expert('math'), { ...expert('code'), deletedAt: 5 }];
    const desk = new Desk(services(library).bridge);
    desk.model = model;
    await desk.lay({ form: 'base-anchored', parts: ['math', 'code', 'gone'].map((expertId) => ({ expertId, alpha: 0.5, muted: false, solo: false })) });
    const [math, code, gone] = desk.strips;
    expect([desk.missing, [math, code, gone].map((strip) => desk.canRestore(strip))]).toEqual([2, [false, true, false]]);
    expect(desk.content.parts.map(({ expertId }) => expertId)).toEqual(['math']);
    await desk.restore(code);
    expect([desk.missing, desk.misfitOf(code)]).toEqual([1, null]);
    expect(desk.content.parts.map(({ expertId, alpha }) => [expertId, alpha])).toEqual([['math', 0.5], ['code', 0.5]]);
  });

  it('follows a first pass: its expert whole, everything else at the base', async () => {
    const desk = new Desk(services([expert('math'), expert('code')]).bridge);
    desk.model = model;
    await desk.addById('math');
    desk.factor = 0.5;
    desk.strips[0].muted = true;
    await desk.follow('code');
    expect(desk.content.parts.map(({ expertId, alpha }) => [expertId, alpha])).toEqual([['math', 0], ['code', 1]]);
    await desk.follow('math');
    expect(desk.strips.map(({ alpha, muted }) => [alpha, muted])).toEqual([[1, false], [0, false]]);
    await desk.follow(null);
    expect(desk.strips.every(({ alpha }) => alpha === 0)).toBe(true);
  });

  it('gives the way back to what was not saved, whatever takes its place: strips, master, form, and the mix it came from', async () => {
    const desk = await deskOf(expert('math'), expert('code'));
    expect(await desk.replace(() => desk.lay({ parts: [{ expertId: 'code', alpha: 0.7, muted: false, solo: false }], form: 'sum' }))).not.toBeNull();
    await desk.save('School', true);
    expect(await desk.replace(() => desk.clear())).toBeNull();
    const ways = [() => desk.lay({ parts: [], form: 'base-anchored' as const }), () => desk.follow('math'), () => desk.clear(), () => { desk.saved = null; desk.strips[0].alpha = 0; }];
    for (const way of ways) {
      desk.clear();
      for (const id of ['math', 'code']) await desk.addById(id, 0.4);
      await desk.save('School', true);
      desk.strips[0].muted = true;
      desk.strips[1].splitByLayer(2);
      desk.strips[1].setLayer(0, -0.2);
      [desk.form, desk.factor, desk.bypass] = ['sum', 0.5, true];
      const before = JSON.stringify([desk.laid, desk.factor, desk.bypass, desk.saved]);
      const putBack = await desk.replace(way);
      expect(JSON.stringify([desk.laid, desk.factor, desk.bypass, desk.saved])).not.toBe(before);
      await putBack?.();
      expect(JSON.stringify([desk.laid, desk.factor, desk.bypass, desk.saved])).toBe(before);
    }
  });

  it('leaves everything as it lay where its replacement fails', async () => {
    const desk = await deskOf(expert('math'));
    await expect(desk.replace(() => desk.follow('gone'))).rejects.toThrow('no such expert');
    expect(desk.content.parts).toMatchObject([{ expertId: 'math', alpha: 1 }]);
  });

  it('moves all layers by the same amount, and to the base at 0', async () => {
    const desk = await deskOf(expert('math'));
    const strip = desk.strips[0];
    strip.splitByLayer(2);
    strip.setLayer(0, 0.5);
    strip.alpha = 1;
    expect(strip.perLayer).toEqual([0.75, 1.25]);
    strip.alpha = 0;
    expect(strip.perLayer).toEqual([0, 0]);
  });
});

describe('an answer', () => {
  const question: Question = { modelId: 'm', strategy: 'faders', prompt: 'How many?', raw: false, sampling: samplingSchema.parse({}), content: { parts: [], form: 'base-anchored' }, expectation: { datasetId: 'd', datasetName: 'math', row: 0, grader: 'number', reference: '29' } };
  const stats = { tokens: 2, promptTokens: 3, tokensPerSecond: 10, firstTokenMs: 1, stopReason: 'stop' as const };

  it('keeps tokens that arrive before the call returns, and drops those of an older question', async () => {
    const { bridge, emit } = services();
    const answers = new Answers(bridge);
    answers.listen();
    const asking = answers.ask(question);
    emit('answer.tokens', { answerId: 'a1', side: 'mix', tokens: [{ text: '2', id: 1 }] });
    await asking;
    emit('answer.tokens', { answerId: 'a1', side: 'mix', tokens: [{ text: '9', id: 2 }] });
    expect(answers.mix.text).toBe('29');
    await answers.ask({ ...question, prompt: 'Another?' });
    emit('answer.tokens', { answerId: 'a1', side: 'mix', tokens: [{ text: 'late', id: 3 }] });
    expect(answers.mix.text).toBe('');
  });

  it('grades each side against its row when it is done', async () => {
    const { bridge, emit, calls } = services();
    const answers = new Answers(bridge);
    answers.listen();
    await answers.ask(question);
    emit('answer.done', { answerId: 'a1', side: 'base', stats });
    await settle();
    expect(answers.base.verdict?.right).toBe(true);
    expect(calls.filter((call) => call.name === 'graders.test')).toHaveLength(1);
    expect(answers.running).toBe(true);
  });

  it('asks only the mix again when the question stays the same', async () => {
    const { bridge, emit, calls } = services();
    const answers = new Answers(bridge);
    answers.listen();
    await answers.ask(question);
    emit('answer.tokens', { answerId: 'a1', side: 'base', tokens: [{ text: 'base', id: 1 }] });
    for (const side of ['base', 'mix'] as const) emit('answer.done', { answerId: 'a1', side, stats });
    await answers.ask(question, true);
    await answers.ask({ ...question, prompt: 'Another?' }, true);
    expect(calls.filter((call) => call.name === 'desk.answer').map((call) => call.input['sides'])).toEqual(['both', 'mix', 'both']);
    expect(answers.base.text).toBe('');
  });

  it('shows what the first pass decided, and knows that the base was asked only by its word', async () => {
    const { bridge, emit, calls } = services();
    const answers = new Answers(bridge);
    answers.listen();
    const decision = (expertId: string | null) => ({ strategy: 'embedding' as const, expertId, expertName: expertId ?? 'base', confidence: 0.9, probabilities: [{ name: 'math', probability: 0.1 }, { name: 'base', probability: 0.9 }], firstPassMs: 12 });
    const asking = answers.ask({ ...question, strategy: 'embedding' });
    emit('answer.decided', { answerId: 'a1', decision: decision(null) });
    await asking;
    expect(calls.find((call) => call.name === 'desk.answer')?.input['strategy']).toBe('embedding');
    expect([answers.decision?.expertName, answers.askedBase]).toEqual(['base', true]);
    await answers.ask({ ...question, strategy: 'embedding', prompt: 'Another?' });
    expect([answers.decision, answers.askedBase]).toEqual([null, false]);
    emit('answer.decided', { answerId: 'a1', decision: decision('late') });
    expect(answers.decision).toBeNull();
  });

  it('says why it failed and can be asked again', async () => {
    const { bridge, emit } = services();
    const answers = new Answers(bridge);
    answers.listen();
    await answers.ask(question);
    emit('answer.failed', { answerId: 'a1', error: { code: 'engine-died', message: 'The engine stopped.' } });
    expect(answers.error).toMatchObject({ code: 'engine-died', message: 'The engine stopped.' });
    expect(answers.running).toBe(false);
  });
});
