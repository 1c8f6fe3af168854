/** From scores to rewards, and from rewards to advantages: what each answer's log-probability is weighted with. */
import type { TrainingConfig } from '../../shared/training.ts';
import { mean } from './statistics.ts';

/** Score 1 is reward 1, score 0 is `rewardWrong` (−1 in the paper); between them, linear. */
export const rewardOf = (score: number, rewardWrong: number): number => rewardWrong + (1 - rewardWrong) * score;

/**
 * `none`: the reward itself, as in the paper. `batch`: standardised over the batch. `leave-one-out`: minus the mean
 * reward of the other answers to the same prompt, or of the rest of the batch where a prompt has one answer. `group`:
 * standardised over the answers to the same prompt (arXiv 2402.03300).
 */
export function advantages(rewards: readonly number[], baseline: TrainingConfig['baseline'], samplesPerPrompt: number): number[] {
  switch (baseline) {
    case 'none':
      return [...rewards];
    case 'batch':
      return standardised(rewards);
    case 'group':
      return rewards.flatMap((_, i) => (i % samplesPerPrompt === 0 ? standardised(rewards.slice(i, i + samplesPerPrompt)) : []));
    case 'leave-one-out': {
      const group = samplesPerPrompt > 1 ? samplesPerPrompt : rewards.length;
      return rewards.map((reward, i) => {
        const first = Math.floor(i / group) * group;
        const peers = rewards.slice(first, first + group);
        if (peers.length < 2) return 0;
        const total = peers.reduce((a, b) => a + b, 0);
        return reward - (total - reward) / (peers.length - 1);
      });
    }
  }
}

/** Equal rewards teach nothing. */
function standardised(rewards: readonly number[]): number[] {
  const centre = mean(rewards);
  const deviation = Math.sqrt(mean(rewards.map((reward) => (reward - centre) ** 2)));
  return rewards.map((reward) => (deviation < 1e-6 ? 0 : (reward - centre) / deviation));
}
