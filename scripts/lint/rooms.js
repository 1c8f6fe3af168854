/**
 * The import table of ARCHITECTURE.md as a lint rule: a room may import what its row names, and nothing else.
 * `types` may be imported with `import type` only. Tests may reach further; they are not checked by this rule.
 */
import { builtinModules } from 'node:module';
import path from 'node:path';

const parsers = ['csv-parse', 'hyparquet', 'hyparquet-compressors', 'quickjs-emscripten', 'pyodide', '@cortex-js/compute-engine'];

/** Longest prefix wins. `instead` ends the message: what to do when the rule is in the way. */
export const rooms = {
  'src/shared': { packages: ['zod'], builtins: false, instead: 'The contract is for everybody: what needs more belongs to one of the rooms that import it.' },

  'src/engine/graph': { builtins: false, instead: 'The op set knows nothing around it: pass what it needs as an argument.' },
  'src/engine/checkpoint': { rooms: ['src/shared'], types: ['src/engine/host'], packages: ['@huggingface/transformers', '@huggingface/hub', 'zod'], instead: 'Reading checkpoints knows no graphs and no sessions: let src/engine/model or src/engine/runtime call it.' },
  'src/engine/svd': { rooms: ['src/shared', 'src/engine/graph', 'src/engine/runtime', 'src/engine/checkpoint'], types: ['src/engine/host'], packages: ['zod'], instead: 'Products go through src/engine/runtime, files through src/engine/checkpoint.' },
  'src/engine/model': { rooms: ['src/shared', 'src/engine/graph', 'src/engine/checkpoint'], types: ['src/engine/host'], instead: 'The decoder is a function to graphs: take the configuration as an argument, and let src/engine/runtime run it.' },
  'src/engine/runtime': { rooms: ['src/shared', 'src/engine/graph', 'src/engine/model', 'src/engine/checkpoint'], types: ['src/engine/host'], packages: ['zod'], instead: 'ONNX Runtime comes from src/engine/runtime/onnxruntime.ts, which switches its telemetry off; what trains or decomposes calls this room from above.' },
  'src/engine/runtime/onnxruntime.ts': { packages: ['onnxruntime-node'], instead: 'This file only makes ONNX Runtime safe to import.' },
  'src/engine/tasks': { rooms: ['src/shared'], types: ['src/engine/checkpoint', 'src/engine/host'], packages: [...parsers, 'zod'], instead: 'A task is data and a pure grader: take the tokenizer as an argument.' },
  'src/engine/adapt': { rooms: ['src/shared', 'src/engine/runtime', 'src/engine/tasks', 'src/engine/train', 'src/engine/model'], types: ['src/engine/checkpoint', 'src/engine/host'], packages: ['zod'], instead: 'A search or a dispatcher takes a loaded model, rows and a seed as arguments.' },
  'src/engine/train': { rooms: ['src/shared', 'src/engine/model', 'src/engine/runtime', 'src/engine/tasks', 'src/engine/svd', 'src/engine/graph'], types: ['src/engine/checkpoint', 'src/engine/host'], packages: ['zod'], instead: 'Stores, files and processes stay outside: take rows, seed and clock as arguments.' },
  'src/engine/host': { rooms: ['src/shared', 'src/engine'], packages: ['zod'], instead: 'The engine process knows no database and no window.' },

  'src/main/db': { rooms: ['src/shared'], types: ['src/engine/host'], packages: ['drizzle-orm', 'better-sqlite3', 'zod'], instead: 'The database knows only what is shared: let src/main/services bring the rest together.' },
  'src/main/jobs': { rooms: ['src/shared', 'src/main/db', 'src/main/engine'], types: ['src/engine/host'], packages: ['zod'], instead: 'The queue speaks to the engine through src/main/engine and stores through src/main/db.' },
  'src/main/engine': { rooms: ['src/shared'], types: ['src/engine/host'], packages: ['zod'], instead: 'The engine runs in its own process: import its protocol as types, and send a message.' },
  'src/main/services': { rooms: ['src/shared', 'src/main/db', 'src/main/jobs', 'src/main/engine'], types: ['src/engine/host'], packages: ['zod', 'rotating-file-stream'], instead: 'Services know no transport and no SQL: ask src/main/db, and let a shell carry the call.' },
  'src/main/shells/common': { rooms: ['src/shared', 'src/main/services'], packages: ['zod'], instead: 'What both shells share knows neither Electron nor sockets.' },
  'src/main/shells/local': { rooms: ['src/shared', 'src/main/services', 'src/main/shells/common'], packages: ['ws', 'zod'], instead: 'A shell only carries the contract: put behaviour into src/main/services.' },
  'src/main/shells/desktop': { rooms: ['src/shared', 'src/main/services', 'src/main/shells/common'], packages: ['electron', 'zod'], instead: 'A shell only carries the contract: put behaviour into src/main/services.' },
  'src/main/cli': { rooms: ['src/shared', 'src/main/services'], packages: ['commander', 'zod'], instead: 'The command line is a shell: put behaviour into src/main/services.' },

  'src/preload': { rooms: ['src/shared'], packages: ['electron'], builtins: false, instead: 'The bridge is twenty lines: put behaviour into the window or into src/main/services.' },
  'src/renderer': { rooms: ['src/shared'], packages: ['svelte', 'd3', 'd3-*', 'bits-ui', '@tanstack/svelte-virtual', '@tanstack/svelte-table', '@tanstack/table-core', '@lucide/svelte', 'lucide-svelte', '@internationalized/date', 'svelte-sonner', '@fontsource-variable/inter', '@fontsource-variable/jetbrains-mono', 'zod'], builtins: false, instead: 'The window speaks only the contract: call through the bridge.' },
};

const builtins = new Set(builtinModules);
const isBuiltin = (source) => source.startsWith('node:') || builtins.has(source);
const packageName = (source) => source.split('/').slice(0, source.startsWith('@') ? 2 : 1).join('/');
const matches = (name, pattern) => (pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern);
const within = (file, folder) => file === folder || file.startsWith(`${folder}/`);

/** The room of a repository path, or undefined outside `src`. */
export function roomOf(file) {
  return Object.keys(rooms).filter((room) => within(file, room)).sort((a, b) => b.length - a.length)[0];
}

const featureOf = (file) => /^src\/renderer\/features\/([^/]+)\//.exec(file)?.[1];

/**
 * Why `file` (a path inside the repository) may not import `source`, or null.
 * @param {string} file
 * @param {string} source
 * @param {boolean} typeOnly
 * @returns {string | null}
 */
export function refusal(file, source, typeOnly) {
  const room = roomOf(file);
  if (!room) return null;
  const row = rooms[room];
  if (isBuiltin(source)) {
    return row.builtins === false ? `${room} may not import ${source}: it runs without Node. ${row.instead}` : null;
  }
  if (!source.startsWith('.')) {
    const name = packageName(source);
    return (row.packages ?? []).some((pattern) => matches(name, pattern)) ? null : `${room} may not import the package ${name}. ${row.instead}`;
  }
  const target = path.posix.normalize(path.posix.join(path.posix.dirname(file), source));
  const fromFeature = featureOf(file);
  const toFeature = featureOf(target);
  if (fromFeature && toFeature && fromFeature !== toFeature) {
    return `The feature ${fromFeature} may not import the feature ${toFeature}: move what both need to src/renderer/lib or src/renderer/components.`;
  }
  if (within(target, room)) return null;
  if ((row.rooms ?? []).some((allowed) => within(target, allowed))) return null;
  if ((row.types ?? []).some((allowed) => within(target, allowed))) {
    return typeOnly ? null : `${room} may import ${target} with "import type" only. ${row.instead}`;
  }
  return `${room} may not import ${roomOf(target) ?? target}. ${row.instead}`;
}

const onlyTypes = (node) =>
  node.importKind === 'type' || node.exportKind === 'type' ||
  (node.specifiers?.length > 0 && node.specifiers.every((specifier) => specifier.importKind === 'type' || specifier.exportKind === 'type'));

/** @type {import('eslint').Rule.RuleModule} */
export const roomsRule = {
  meta: { type: 'problem', docs: { description: 'the import table of ARCHITECTURE.md' }, schema: [] },
  create(context) {
    const file = path.relative(context.cwd, context.filename).split(path.sep).join('/');
    const check = (node) => {
      if (typeof node.source?.value !== 'string') return;
      const message = refusal(file, node.source.value, onlyTypes(node));
      if (message) context.report({ node: node.source, message });
    };
    return { ImportDeclaration: check, ExportNamedDeclaration: check, ExportAllDeclaration: check, ImportExpression: check };
  },
};
