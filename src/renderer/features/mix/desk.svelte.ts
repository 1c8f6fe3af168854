/**
 * The desk: the strips of one mix over one model, the master, and the saved mix it came from.
 * Moving a fader changes only this; the services learn of it with the next answer.
 */
import type { Bridge, ExpertDto, MixContent, MixDto, MixPartDto, ModelDto } from '../../../shared/contract.ts';
import type { MixForm } from '../../../shared/mix.ts';
import { isHeard, mixPictures, partsOf, rankProfile, type MasterLevels } from './effective.ts';
import { misfit, Strip } from './strip.svelte.ts';

/** Bins of every picture: enough for the heat map's width, few enough for forty strips at once. */
export const pictureBins = 100;

export class Desk {
  readonly #bridge: Bridge;
  model = $state.raw<ModelDto | null>(null);
  strips = $state<Strip[]>([]);
  form = $state<MixForm>('base-anchored');
  factor = $state(1);
  bypass = $state(false);
  /** the saved mix that lies on the desk, as it was saved */
  saved = $state.raw<MixDto | null>(null);
  /** what went wrong when something of the desk could not be loaded */
  problem = $state.raw<unknown>(null);

  master: MasterLevels = $derived({ factor: this.factor, bypass: this.bypass });
  usable = $derived(this.strips.filter((strip) => this.misfitOf(strip) === null));
  /** strips whose expert is deleted or gone: what is heard is less than what was laid */
  missing = $derived(this.strips.filter(({ expert }) => !expert || expert.deletedAt !== undefined).length);
  anySolo = $derived(this.usable.some((strip) => strip.solo));
  mixed = $derived(mixPictures(this.usable, this.master, this.form));
  mixedProfile = $derived(this.mixed ? rankProfile(this.mixed.map) : null);
  /** |z − 1| that fills half of a strip's picture: the largest of any strip at α = 1, so that strips compare */
  pictureScale = $derived(Math.max(1e-6, ...this.strips.map((strip) => strip.whole?.largest ?? 0)) * 1.15);
  /** what an answer is asked with; empty parts are the base */
  content: MixContent = $derived({ parts: partsOf(this.usable, this.master), form: this.form });
  modified = $derived(this.saved ? signature(this.contentToSave) !== signature(this.saved) : this.strips.length > 0);

  constructor(bridge: Bridge) {
    this.#bridge = bridge;
  }

  /** As a saved mix holds it: every strip, with the master's factor in α, never bypassed. */
  get contentToSave(): MixContent {
    return { parts: partsOf(this.strips, { factor: this.factor, bypass: false }), form: this.form };
  }

  /** As it lies here: every strip, the master beside it. */
  get laid(): MixContent {
    return { parts: this.strips.map((strip) => strip.toPart()), form: this.form };
  }

  /** Why a strip takes no part, or null. */
  misfitOf(strip: Strip): string | null {
    if (!strip.expert) return 'This expert is no longer in the library.';
    if (this.canRestore(strip)) return 'This expert was deleted.';
    return misfit(strip.expert, this.model);
  }

  /** deleted, and still kept: it can be brought back from here */
  canRestore(strip: Strip): boolean {
    return strip.expert?.deletedAt !== undefined;
  }

  /** Brings a deleted expert back into the library, and so back into the mix. */
  async restore(strip: Strip): Promise<void> {
    strip.expert = await this.#bridge.call('experts.restore', { id: strip.expertId });
    if (!strip.picture) await this.#draw(strip);
  }

  isHeard(strip: Strip): boolean {
    return this.misfitOf(strip) === null && isHeard(strip.levels, this.anySolo, this.master);
  }

  has(expertId: string): boolean {
    return this.strips.some((strip) => strip.expertId === expertId);
  }

  /** Puts an expert on the desk at the given α; one that lies there already keeps its place. */
  async add(expert: ExpertDto, alpha = 1): Promise<void> {
    if (this.has(expert.id)) return;
    const strip = new Strip(expert.id, expert);
    strip.alpha = alpha;
    this.strips.push(strip);
    await this.#draw(strip);
  }

  async addById(expertId: string, alpha = 1): Promise<void> {
    await this.add(await this.#bridge.call('experts.get', { id: expertId }), alpha);
  }

  remove(strip: Strip): void {
    this.strips = this.strips.filter((other) => other !== strip);
  }

  move(strip: Strip, by: -1 | 1): void {
    const from = this.strips.indexOf(strip);
    const to = from + by;
    if (from < 0 || to < 0 || to >= this.strips.length) return;
    const strips = [...this.strips];
    strips.splice(from, 1);
    strips.splice(to, 0, strip);
    this.strips = strips;
  }

  /** Everything back to the base: α 0, nothing muted or soloed, the master at 1. */
  reset(): void {
    for (const strip of this.strips) {
      strip.joinLayers();
      strip.alpha = 0;
      strip.muted = false;
      strip.solo = false;
    }
    this.factor = 1;
    this.bypass = false;
  }

  /** The faders as a first pass decided: its expert whole and everything else at the base; null is the base. An expert that is not here is put on the desk. */
  async follow(expertId: string | null): Promise<void> {
    this.reset();
    if (expertId === null) return;
    const strip = this.strips.find((one) => one.expertId === expertId);
    if (strip) strip.alpha = 1;
    else await this.addById(expertId);
  }

  clear(): void {
    this.strips = [];
    this.form = 'base-anchored';
    this.saved = null;
    this.factor = 1;
    this.bypass = false;
    this.problem = null;
  }

  /** Lays a mix on the desk. Experts that are gone stay visible as such, so that a saved mix never changes silently. */
  async lay({ parts, form }: MixContent): Promise<void> {
    const strips = await Promise.all(parts.map(async (part) => {
      const expert = await this.#bridge.call('experts.get', { id: part.expertId }).catch(() => null);
      return new Strip(part.expertId, expert, part);
    }));
    this.strips = strips;
    this.form = form;
    this.factor = 1;
    this.bypass = false;
    await Promise.all(this.strips.map((strip) => this.#draw(strip)));
  }

  /**
   * Does what puts another mix in the place of this one. Resolves to the way back where unsaved changes are gone by it,
   * else to null; where it fails, everything lies as before.
   */
  async replace(change: () => Promise<void> | void): Promise<(() => Promise<void>) | null> {
    const { laid, model, saved, factor, bypass } = this;
    const unsaved = this.modified && this.strips.length > 0;
    const before = JSON.stringify([laid, factor]);
    const putBack = async (): Promise<void> => {
      this.model = model;
      await this.lay(laid);
      this.saved = saved;
      this.factor = factor;
      this.bypass = bypass;
    };
    try {
      await change();
    } catch (error) {
      await putBack();
      throw error;
    }
    return unsaved && JSON.stringify([this.laid, this.factor]) !== before ? putBack : null;
  }

  async load(mix: MixDto): Promise<void> {
    await this.lay(mix);
    this.saved = mix;
  }

  /** Saves the desk over the mix it came from, or as a new one. The master's factor goes into the faders. */
  async save(name: string, asNew: boolean): Promise<MixDto> {
    if (!this.model) throw new Error('A mix needs a model.');
    const id = asNew ? undefined : this.saved?.id;
    const mix = await this.#bridge.call('mixes.save', { ...(id ? { id } : {}), name, modelId: this.model.id, ...this.contentToSave });
    for (const strip of this.strips) {
      const part = mix.parts.find((other) => other.expertId === strip.expertId);
      if (!part) continue;
      if (typeof part.alpha === 'number') { strip.joinLayers(); strip.alpha = part.alpha; }
      else strip.perLayer = [...part.alpha];
    }
    this.factor = 1;
    this.saved = mix;
    return mix;
  }

  async refreshExperts(): Promise<void> {
    await Promise.all(this.strips.map(async (strip) => {
      strip.expert = await this.#bridge.call('experts.get', { id: strip.expertId }).catch(() => null);
    }));
  }

  async #draw(strip: Strip): Promise<void> {
    if (!strip.expert) return;
    try {
      strip.picture = await this.#bridge.call('experts.zmap', { id: strip.expertId, bins: pictureBins });
    } catch (error) {
      this.problem = error;
    }
  }
}

/** Mixes compared by value; α to the hundredth, as the fader has it. */
function signature({ parts, form }: MixContent): string {
  const round = (value: number): number => Math.round(value * 100) / 100 + 0;
  return JSON.stringify([form, ...parts.map((part: MixPartDto) => [part.expertId, typeof part.alpha === 'number' ? round(part.alpha) : part.alpha.map(round), part.muted ?? false, part.solo ?? false])]);
}
