import { describe, expect, it } from 'vitest';
import { refusal } from './rooms.js';

describe('the import table', () => {
  it.each([
    ['src/engine/graph/ops.ts', './shapes.ts', false],
    ['src/engine/tasks/task.ts', '../checkpoint/tokenizer.ts', true],
    ['src/engine/runtime/onnxruntime.ts', 'onnxruntime-node', false],
    ['src/engine/runtime/session.ts', './onnxruntime.ts', false],
    ['src/main/services/create.ts', '../../engine/host/protocol.ts', true],
    ['src/main/db/open.ts', 'drizzle-orm/better-sqlite3', false],
    ['src/renderer/features/mix/Desk.svelte', '../../lib/format.ts', false],
    ['src/renderer/features/mix/Desk.svelte', '../../../shared/contract.ts', false],
  ])('%s may import %s', (file, source, typeOnly) => {
    expect(refusal(file, source, typeOnly)).toBeNull();
  });

  it.each([
    ['src/engine/graph/ops.ts', '../runtime/session.ts', false, /may not import src\/engine\/runtime/],
    ['src/engine/graph/ops.ts', 'node:fs', false, /runs without Node/],
    ['src/engine/tasks/task.ts', '../checkpoint/tokenizer.ts', false, /"import type" only/],
    ['src/engine/train/loop.ts', 'onnxruntime-node', false, /package onnxruntime-node/],
    ['src/engine/runtime/session.ts', 'onnxruntime-node', false, /onnxruntime\.ts, which switches its telemetry off/],
    ['src/main/services/create.ts', 'better-sqlite3', false, /package better-sqlite3/],
    ['src/main/services/create.ts', 'electron', false, /package electron/],
    ['src/main/services/create.ts', '../../engine/train/loop.ts', true, /src\/engine\/train/],
    ['src/renderer/features/mix/Desk.svelte', '../train/state.svelte.ts', false, /feature mix may not import the feature train/],
    ['src/renderer/main.ts', 'node:path', false, /runs without Node/],
  ])('%s may not import %s', (file, source, typeOnly, message) => {
    expect(refusal(file, source, typeOnly)).toMatch(message);
  });
});
