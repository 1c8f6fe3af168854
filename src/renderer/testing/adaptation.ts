/** Made-up searches and dispatchers for looking at screens; every figure is seeded. */
import { quickSearch, type CandidateDto, type FinalistDto, type GenerationDto, type SearchConfig } from '../../shared/adaptation.ts';
import type { DecisionDto, DispatcherDto, SearchDto, SearchSummaryDto } from '../../shared/contract.ts';
import { noise } from './noise.ts';
import { around, testScore } from './training.ts';

const experts = [{ id: 'e0', name: 'math' }, { id: 'e1', name: 'reasoning' }, { id: 'e2', name: 'code' }];
const target = [0.92, 0.31, -0.18];

/** about normal, between −1.5 and 1.5 */
function bellOf(seed: number): () => number {
  const next = noise(seed);
  return () => next() + next() + next() - 1.5;
}

function generationsOf(count: number, config: SearchConfig, seed: number): GenerationDto[] {
  const bell = bellOf(seed);
  const layers = config.perLayer ? 6 : 1;
  const size = experts.length * layers;
  const goal = Array.from({ length: size }, (_, at) => target[Math.floor(at / layers)] + (layers > 1 ? 0.3 * Math.sin(at * 1.3) : 0));
  let best: CandidateDto | null = null;
  return Array.from({ length: count }, (_, generation) => {
    const nearness = 1 - Math.exp(-generation / 5);
    const mean = goal.map((value) => (1 / 3) * (1 - nearness) + value * nearness);
    const deviation = goal.map(() => Math.max(0.05, 0.42 * Math.exp(-generation / 6)));
    const candidates = Array.from({ length: config.population }, (): CandidateDto => {
      const x = mean.map((value, at) => Math.max(config.low, Math.min(config.high, value + 1.2 * bell() * deviation[at])));
      const far = Math.sqrt(x.reduce((sum, value, at) => sum + (value - goal[at]) ** 2, 0) / layers);
      const score = Math.max(0, Math.min(1, Math.round(10 * (0.82 - 0.45 * far + 0.07 * bell())) / 10));
      return { x, alphas: layers === 1 ? x : experts.map((_expert, at) => x.slice(at * layers, (at + 1) * layers)), generation, score, tieBreak: -4 - 6 * far };
    });
    const order = candidates.map((_, at) => at).sort((a, b) => candidates[b].score - candidates[a].score || candidates[b].tieBreak - candidates[a].tieBreak);
    const leader = candidates[order[0]];
    if (!best || leader.score > best.score || (leader.score === best.score && leader.tieBreak > best.tieBreak)) best = leader;
    return { generation, candidates, elites: order.slice(0, 6), mean, deviation, best, seconds: 1.9 };
  });
}

export function searchesOf(now: number): SearchDto[] {
  const one = (at: number, name: string, set: Partial<SearchConfig>, more: Partial<SearchDto>): SearchDto => {
    const config: SearchConfig = { ...quickSearch, ...set };
    return {
      id: `s${at}`, name, jobId: `j2${at}`, state: 'succeeded', modelId: 'm1', modelName: 'tiny-llama', datasetId: 'd0', datasetName: 'math-hard', grader: 'number', raw: false, experts, config, createdAt: now - at * 3_600_000,
      command: `npm run -s singular -- adapt --model tiny-llama --data math-hard --experts math,reasoning,code --name '${name}' --preset quick --set examples=${config.examples}`,
      start: { base: { score: 0.3, tieBreak: -9 }, experts: [{ score: 0.6, tieBreak: -7 }, { score: 0.3, tieBreak: -9 }, { score: 0.2, tieBreak: -12 }] },
      generations: generationsOf(14, config, at + 3), finalists: [], budget: { generations: 14, answers: 4480 * (config.examples / 10), answerTokens: 161_280, seconds: 31 }, ...more,
    };
  };
  const finished = (search: SearchDto, gain: number, half: number): SearchDto => {
    const best = search.generations.at(-1)?.best;
    if (!best) return search;
    const alone = (expert: number) => experts.map((_, other) => (other === expert ? 1 : 0));
    const chosen: FinalistDto = { kind: 'candidate', alphas: best.alphas, search: best, selection: 0.61 };
    const finalists: FinalistDto[] = [{ kind: 'base', alphas: [0, 0, 0], search: { score: 0.3, tieBreak: -9 }, selection: 0.34 }, ...experts.map((_, expert): FinalistDto => ({ kind: 'expert', expert, alphas: alone(expert), search: { score: [0.6, 0.3, 0.2][expert], tieBreak: -7 }, selection: [0.56, 0.33, 0.27][expert] })), { kind: 'centre', alphas: search.generations.at(-1)?.mean ?? [], search: { score: 0.8, tieBreak: -5 }, selection: 0.59 }, chosen];
    return { ...search, finalists, chosen, stopped: 'stalled', test: testScore(0.36, gain, half), mixId: 'x1', mixName: search.name, rowsUsed: { examples: { rows: search.config.examples, from: 'math-hard.jsonl, train' }, selection: { rows: 64, from: 'math-hard.jsonl, validation' }, test: { rows: 600, from: 'math-hard.jsonl, test' } } };
  };
  return [
    one(0, 'math-hard, 10 examples', { generations: 20 }, { state: 'running', generations: generationsOf(9, { ...quickSearch, generations: 20 }, 5), budget: { generations: 9, answers: 2930, answerTokens: 96_400, seconds: 18 } }),
    finished(one(1, 'math-hard, few-shot', {}, {}), 0.21, 0.04),
    finished(one(2, 'by layer', { perLayer: true, optimiser: 'cem' }, { datasetName: 'reasoning-hard' }), 0.09, 0.035),
    ...[3, 5, 20].map((examples, at) => finished(one(3 + at, `math-hard, ${examples} examples`, { examples, optimiser: at === 1 ? 'cem' : 'cma-es' }, {}), 0.1 + 0.05 * at, 0.045)),
  ];
}

export const summaryOf = ({ start: _start, generations: _generations, finalists: _finalists, rowsUsed: _rowsUsed, ...summary }: SearchDto): SearchSummaryDto => summary;

export function dispatchersOf(now: number): DispatcherDto[] {
  const labels = [...experts.map(({ name }) => name), 'base'];
  return [
    { id: 'p1', kind: 'prompt', modelId: 'm1', experts, createdAt: now - 7_200_000, stale: false, accuracy: around(0.412, 0.05), confusion: { labels, counts: [[81, 4, 2, 13], [62, 20, 3, 15], [41, 6, 40, 13], [0, 0, 0, 0]] }, firstPassMs: 41.2, seconds: 9 },
    { id: 'p3', kind: 'embedding', modelId: 'm1', experts, createdAt: now - 3_600_000, stale: true, accuracy: around(0.983, 0.012), confusion: { labels, counts: [[99, 0, 0, 1], [1, 97, 0, 2], [0, 0, 100, 0], [2, 0, 0, 38]] }, firstPassMs: 6.4, seconds: 4 },
  ];
}

export const decision: DecisionDto = { strategy: 'embedding', expertId: 'e0', expertName: 'math', confidence: 0.94, probabilities: [{ name: 'math', probability: 0.94 }, { name: 'reasoning', probability: 0.035 }, { name: 'code', probability: 0.005 }, { name: 'base', probability: 0.02 }], firstPassMs: 6.4 };
