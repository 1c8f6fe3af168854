/** From the start of the process to a window that can be used, and the memory of the engine process. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from '@playwright/test';
import { EngineHost } from '../src/main/engine/host.ts';
import { quickPreset } from '../src/shared/training.ts';
import { chromiumFlags, findChromium } from '../tests/e2e/browser.ts';
import { startShell } from '../tests/e2e/shell.ts';
import { root, tinyLlama, type Workbench } from './models.ts';

export interface StartFigures {
  /** `npm start`'s process, until it serves and answers a call about its models */
  answersSeconds: number;
  /** until the window shows a screen; null without a Chromium */
  windowSeconds: number | null;
}

export interface WindowResult {
  first: StartFigures;
  again: StartFigures;
}

/** The local shell on a home that does not exist yet, and on the same home again. */
export async function benchStart(): Promise<WindowResult> {
  const home = mkdtempSync(join(tmpdir(), 'singular-bench-home-'));
  try {
    const first = await start(home);
    let again = await start(home);
    for (let turn = 0; turn < 2; turn++) {
      const once = await start(home);
      again = {
        answersSeconds: Math.min(again.answersSeconds, once.answersSeconds),
        windowSeconds: again.windowSeconds === null || once.windowSeconds === null ? null : Math.min(again.windowSeconds, once.windowSeconds),
      };
    }
    return { first, again };
  } finally {
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function start(home: string): Promise<StartFigures> {
  const executablePath = findChromium();
  const browser = executablePath === undefined ? null : await chromium.launch({ executablePath, args: chromiumFlags });
  const page = await browser?.newPage();
  const began = performance.now();
  const shell = await startShell({ home });
  try {
    await shell.call('models.list', {});
    const answersSeconds = (performance.now() - began) / 1000;
    let windowSeconds: number | null = null;
    if (page) {
      await page.goto(shell.url);
      await page.getByRole('heading', { level: 1 }).waitFor();
      windowSeconds = (performance.now() - began) / 1000;
    }
    return { answersSeconds, windowSeconds };
  } finally {
    await browser?.close();
    await shell.stop();
  }
}

export interface MemoryFigure {
  when: string;
  megabytes: number;
}

/** Resident memory of a fresh engine process: at rest, with tiny-llama open, after 32 rows, and at most while it trains. */
export async function benchMemory(bench: Workbench): Promise<MemoryFigure[]> {
  const engine = new EngineHost({ entry: join(root, 'src/engine/host/main.ts'), threads: () => 2 });
  const model = bench.place(tinyLlama);
  const resident = async (): Promise<number> => (await engine.call('memory', null)).rssBytes / 1e6;
  const figures: MemoryFigure[] = [];
  const note = async (when: string): Promise<void> => void figures.push({ when, megabytes: await resident() });
  const sampling = { maxTokens: 96, temperature: 0, topP: 1, topK: 0, seed: 0, stop: [] };
  const rows = (count: number): { prompt: string; raw: boolean }[] => Array.from({ length: count }, () => ({ prompt: 'Tom has 14 apples.', raw: true }));
  try {
    await engine.call('svdBuild', model);
    await note('at rest');
    await engine.call('generate', { model, rows: rows(1), sampling: { ...sampling, maxTokens: 1 } });
    await note('tiny-llama open');
    await engine.call('generate', { model, rows: rows(32), sampling });
    await note('after 32 rows of 96 tokens');
    const config = { ...quickPreset, steps: 4, validationRows: 8, validateEvery: 1000 };
    const taskRows = Array.from({ length: 80 }, (_, row) => ({ row, messages: [{ role: 'user' as const, content: `What is ${row} + ${row + 3}?` }], reference: String(2 * row + 3), data: {} }));
    let most = 0;
    let running = true;
    const run = engine.call('train', { model, rows: taskRows, grader: 'number', raw: false, config }).finally(() => (running = false));
    while (running) {
      most = Math.max(most, await resident());
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await run;
    figures.push({ when: 'training, 64 answers a step', megabytes: most });
    return figures;
  } finally {
    await engine.stop();
  }
}
