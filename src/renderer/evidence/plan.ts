/** The plan of a comparison as the file that its command names. */
import { saveFile } from '../charts/figure/save.ts';
import type { ComparisonDto } from '../../shared/contract.ts';

/** The file of `… compare FILE`, out of the quotes of a shell. */
export function planFileOf(command: string): string {
  const [, word] = command.split(' compare ');
  return word.startsWith("'") ? word.slice(1, -1).replaceAll(/'\\''|''/g, "'") : word;
}

export function savePlan({ plan, command }: Pick<ComparisonDto, 'plan' | 'command'>): void {
  saveFile(planFileOf(command), `${JSON.stringify(plan, null, 2)}\n`, 'application/json');
}
