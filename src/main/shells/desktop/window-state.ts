import { readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';

const stateSchema = z.object({
  bounds: z.object({ x: z.int(), y: z.int(), width: z.int().min(200), height: z.int().min(200) }).optional(),
  maximized: z.boolean().default(false),
});
export type WindowState = z.infer<typeof stateSchema>;

/** Where the window was; a missing or damaged file means the default. */
export function readWindowState(file: string): WindowState {
  try {
    return stateSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return { maximized: false };
  }
}

/** Not worth an error: a home that cannot be written has already said so. */
export function writeWindowState(file: string, state: WindowState): void {
  try {
    writeFileSync(file, JSON.stringify(state));
  } catch {
    // the window opens at its default place next time
  }
}
