import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EngineHost, type EngineHostOptions } from '../host.ts';

export const childEngine = fileURLToPath(new URL('./childEngine.ts', import.meta.url));

/** A folder of its own for one test, and what must be undone after it, last first. */
export class Fixture {
  readonly folder = mkdtempSync(join(tmpdir(), 'singular-'));
  readonly #undo: (() => unknown)[] = [() => rmSync(this.folder, { recursive: true, force: true })];

  after(work: () => unknown): void {
    this.#undo.push(work);
  }
  async clean(): Promise<void> {
    for (const work of this.#undo.toReversed()) await work();
  }

  path(name: string): string {
    return join(this.folder, name);
  }
  write(name: string, text: string): string {
    writeFileSync(this.path(name), text);
    return this.path(name);
  }

  /** Where the child engine dies, once each; the environment that tells it so. */
  faults(...places: string[]): { CHILD_ENGINE_FAULTS: string } {
    return { CHILD_ENGINE_FAULTS: this.write('faults.json', JSON.stringify(places)) };
  }
  /** Where the child engine waits until it is steered or cancelled, or all may go on. */
  holds(...places: string[]): { CHILD_ENGINE_HOLDS: string } {
    return { CHILD_ENGINE_HOLDS: this.write('holds.json', JSON.stringify(places)) };
  }
  goOn(): void {
    rmSync(this.path('holds.json'));
  }

  host(options: Partial<EngineHostOptions> = {}): EngineHost {
    const host = new EngineHost({ entry: childEngine, restartDelayMs: 5, ...options });
    this.after(() => host.stop());
    return host;
  }
}
