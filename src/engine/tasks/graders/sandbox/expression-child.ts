/**
 * The process that evaluates a person's expression: QuickJS in WebAssembly, with no function of this process in it, no
 * clock and no randomness (a grader is a pure function), a memory limit and a deadline. Every row has a runtime of its
 * own. The process has no rights beyond reading QuickJS's files, and its watchdog kills it where QuickJS's own
 * deadline is not looked at (long loops inside its built-in functions).
 */
import hostProcess from 'node:process';
import { DefaultIntrinsics, newQuickJSWASMModule, type QuickJSContext } from 'quickjs-emscripten';
import { serve } from './serve.ts';

interface Setup { expression: string; rowMs: number; memoryBytes: number }
/** what the parent reads: a number or boolean as it is, or why there is none */
type Verdict = { result: number | boolean } | { wrong: string };

const setup = JSON.parse(hostProcess.argv[2] ?? '{}') as Setup;
/** Processor time, so that a busy machine does not change a grade. */
const cpuMs = (): number => {
  const { user, system } = hostProcess.cpuUsage();
  return (user + system) / 1000;
};
const quickJs = await newQuickJSWASMModule();

/** Helpers for expressions: the content of the last `\boxed{}`, and the last number; null where there is none. */
const helpers = String.raw`
function boxed(text) {
  const start = String(text).lastIndexOf('\\boxed{');
  if (start === -1) return null;
  let depth = 0;
  for (let i = start + 6; i < text.length; i++) {
    if (text[i] === '{') depth++;
    else if (text[i] === '}' && --depth === 0) return text.slice(start + 7, i).replace(/\s+/g, '');
  }
  return null;
}
function lastNumber(text) {
  const found = String(text).match(/[-]?\d[\d,]*(?:\.\d+)?/g);
  return found === null ? null : Number(found[found.length - 1].replace(/,/g, ''));
}
delete Math.random;
`;
// the line breaks keep a comment at the end of the expression from swallowing the bracket
const grader = `(answer, row) => (\n${setup.expression}\n)`;

/** An engine that cannot clean up is not used again. */
let broken = false;
await serve((payload) => {
  const value = evaluate(payload);
  return broken ? { value, last: true } : { value };
}, (error) => ({ value: { wrong: String(error) } satisfies Verdict, last: true }));

/** `payload` is `{"answer", "row"}`, or `null` to check the expression's syntax alone. */
function evaluate(payload: string): Verdict {
  const runtime = quickJs.newRuntime();
  runtime.setMemoryLimit(setup.memoryBytes + 8 * payload.length);
  runtime.setMaxStackSize(256 * 1024);
  const context = runtime.newContext({ intrinsics: { ...DefaultIntrinsics, Date: false } });
  const deadline = cpuMs() + setup.rowMs;
  runtime.setInterruptHandler(() => cpuMs() > deadline);
  try {
    run(context, helpers);
    const code = payload === 'null' ? grader : `{ const { answer, row } = JSON.parse(input); const value = (${grader})(answer, row); typeof value === 'number' || typeof value === 'boolean' ? value : value === null ? 'null' : 'a value of type ' + typeof value }`;
    const input = context.newString(payload);
    context.setProp(context.global, 'input', input);
    input.dispose();
    const value = run(context, code);
    if (payload === 'null') return { result: true };
    if (typeof value === 'boolean') return { result: value };
    if (typeof value === 'number') return Number.isFinite(value) ? { result: value } : { wrong: `the expression gives ${value}` };
    return { wrong: `the expression gives ${String(value).slice(0, 60)}, not true, false or a number` };
  } catch (error) {
    return { wrong: error instanceof Error ? error.message : 'the expression fails' };
  } finally {
    try {
      context.dispose();
      runtime.dispose();
    } catch {
      broken = true;
    }
  }
}

function run(context: QuickJSContext, code: string): unknown {
  const outcome = context.evalCode(code, 'expression.js', { strict: false });
  if (outcome.error) {
    const error: unknown = context.dump(outcome.error);
    outcome.error.dispose();
    throw new Error(describe(error));
  }
  const value: unknown = context.dump(outcome.value);
  outcome.value.dispose();
  return value;
}

function describe(error: unknown): string {
  const { name = 'Error', message = '' }: { name?: unknown; message?: unknown } = typeof error === 'object' && error !== null ? error : { message: String(error) };
  if (name === 'InternalError' && message === 'interrupted') return 'the expression took too long';
  if (message === 'out of memory') return 'the expression used too much memory';
  return `${String(name)}: ${String(message)}`.replace(/\s+/g, ' ').slice(0, 160);
}
