/** One channel strip: an expert, how much of it is heard, and its own picture of z. */
import type { ExpertDto, MixPartDto, ModelDto, ZMapDto } from '../../../shared/contract.ts';
import { methodWords } from '../../format/index.ts';
import { roundAlpha } from './alpha.ts';
import { rankProfile, type RankProfile, type StripLevels } from './effective.ts';

/** Why an expert cannot be used with a model, or null when it can. Weights decide, not names. */
export function misfit(expert: ExpertDto, model: ModelDto | null): string | null {
  if (expert.method !== 'svf') return `${methodWords[expert.method]} has no numbers per singular value; it cannot be mixed.`;
  if (!model) return null;
  const fits = model.weightsHash ? expert.weightsHash === model.weightsHash : expert.modelId === model.id;
  return fits ? null : `Trained for ${expert.modelName}; its singular values are not those of ${model.name}.`;
}

export class Strip {
  readonly expertId: string;
  /** null where a saved mix names an expert that is no longer in the library */
  expert = $state<ExpertDto | null>(null);
  picture = $state.raw<ZMapDto | null>(null);
  muted = $state(false);
  solo = $state(false);
  /** one α for all layers, used while `perLayer` is null */
  #alpha = $state(0);
  perLayer = $state<number[] | null>(null);

  levels: StripLevels = $derived({ alpha: this.perLayer ?? this.#alpha, muted: this.muted, solo: this.solo });
  whole: RankProfile | null = $derived(this.picture ? rankProfile(this.picture) : null);

  constructor(expertId: string, expert: ExpertDto | null, part?: MixPartDto) {
    this.expertId = expertId;
    this.expert = expert;
    if (!part) return;
    this.muted = part.muted;
    this.solo = part.solo;
    if (typeof part.alpha === 'number') this.#alpha = part.alpha;
    else this.perLayer = [...part.alpha];
  }

  get name(): string {
    return this.expert?.name ?? 'Removed expert';
  }

  /** What the fader shows: α, or with one per layer their mean. */
  get alpha(): number {
    const layers = this.perLayer;
    if (!layers) return this.#alpha;
    return layers.length === 0 ? 0 : roundAlpha(layers.reduce((sum, value) => sum + value, 0) / layers.length);
  }

  /** With one α per layer the fader moves all layers by the same amount and keeps their shape; 0 always means the base. */
  set alpha(next: number) {
    if (this.perLayer) {
      const shift = next - this.alpha;
      this.perLayer = this.perLayer.map((value) => (next === 0 ? 0 : roundAlpha(value + shift)));
    } else {
      this.#alpha = next;
    }
  }

  setLayer(layer: number, value: number): void {
    if (this.perLayer) this.perLayer = this.perLayer.map((old, index) => (index === layer ? value : old));
  }

  splitByLayer(layers: number): void {
    this.perLayer ??= new Array<number>(layers).fill(this.#alpha);
  }

  joinLayers(): void {
    this.#alpha = this.alpha;
    this.perLayer = null;
  }

  toPart(): MixPartDto {
    return { expertId: this.expertId, alpha: this.perLayer ? [...this.perLayer] : this.#alpha, muted: this.muted, solo: this.solo };
  }
}
