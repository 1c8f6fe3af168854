/**
 * A process that starts Python once, imports the library, says its memory (30 MB, 6 compressed) and ends: the sandboxes
 * begin with that. No code from outside is ever run in it. Its standard input ends with its parent, and it with that.
 */
import hostProcess from 'node:process';
import { zstdCompressSync } from 'node:zlib';
import { gateImports } from './imports.ts';
import { startPython } from './pyodide.ts';

// which functions WebAssembly may call is part of its memory
gateImports();
hostProcess.stdin.resume().on('close', () => hostProcess.exit(1));
const [pyodideFolder = '', source = ''] = hostProcess.argv.slice(2);
const python = await startPython({ pyodideFolder });
python.runPython(source);
hostProcess.stdout.write(zstdCompressSync(python.makeMemorySnapshot()), () => hostProcess.exit());
