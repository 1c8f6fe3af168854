/**
 * Greedy decoding with llama.cpp (node-llama-cpp, its prebuilt CPU binary): MODEL.gguf. Each line of its input is
 * {rows, threads, prompt, tokens}; each line of its output {ids, prefillSeconds, decodeSeconds}: until every row has
 * its first token, and from there to the last. A process of its own, fed one line at a time.
 */
import { createInterface } from 'node:readline';
import { getLlama, LlamaLogLevel } from 'node-llama-cpp';

const llama = await getLlama({ gpu: false, build: 'never', logLevel: LlamaLogLevel.error });
const model = await llama.loadModel({ modelPath: process.argv[2], gpuLayers: 0 });

let open = { key: '', context: null, sequences: [] };
async function sequencesFor({ rows, threads, prompt, tokens }) {
  const contextSize = prompt.length + tokens + 8;
  const key = [rows, threads, contextSize].join();
  if (open.key !== key) {
    await open.context?.dispose();
    const context = await model.createContext({ sequences: rows, contextSize, batchSize: Math.max(512, rows * prompt.length), threads });
    open = { key, context, sequences: Array.from({ length: rows }, () => context.getSequence()) };
  }
  return open.sequences;
}

async function answer(sequence, { prompt, tokens }) {
  const ids = [];
  let firstAt = 0;
  for await (const token of sequence.evaluate(prompt, { temperature: 0, yieldEogToken: true })) {
    if (ids.push(token) === 1) firstAt = performance.now();
    if (ids.length === tokens) break;
  }
  return { ids, firstAt };
}

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  const sequences = await sequencesFor(request);
  for (const sequence of sequences) await sequence.clearHistory();
  const began = performance.now();
  const answers = await Promise.all(sequences.map((sequence) => answer(sequence, request)));
  const ended = performance.now();
  const allStarted = Math.max(...answers.map(({ firstAt }) => firstAt));
  console.log(JSON.stringify({ ids: answers[0].ids, prefillSeconds: (allStarted - began) / 1000, decodeSeconds: (ended - allStarted) / 1000 }));
}
process.exit(0);
