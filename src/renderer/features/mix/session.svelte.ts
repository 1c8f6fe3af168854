/**
 * What lies on the desk while the application runs: it outlives the screen, and a draft of it outlives the window.
 */
import { z } from 'zod';
import { dispatcherKinds } from '../../../shared/adaptation.ts';
import { mixContent, samplingSchema, type ModelDto, type Sampling } from '../../../shared/contract.ts';
import { bridge } from '../../bridge/index.ts';
import { datasets, dispatchers } from '../../state/index.ts';
import { announce } from '../../ui/announcer.svelte.ts';
import { notify, notifyUndo } from '../../ui/toast.ts';
import { Answers, type Expectation, type Strategy } from './answers.svelte.ts';
import { Desk } from './desk.svelte.ts';
import { Rows } from './rows.svelte.ts';

export const strategySchema = z.enum(['faders', ...dispatcherKinds]);
const draftKey = 'singular.desk';
const draftSchema = z.object({
  modelId: z.string().nullable(), mixId: z.string().nullable(), ...mixContent, factor: z.number().min(-1).max(10),
  prompt: z.string().max(100_000), raw: z.boolean(), sampling: samplingSchema, onRelease: z.boolean(), datasetId: z.string().nullable(),
  strategy: strategySchema.default('faders'),
});

class Session {
  readonly desk = new Desk(bridge);
  readonly answers = new Answers(bridge);
  readonly rows = new Rows(bridge);
  prompt = $state('');
  raw = $state(false);
  sampling = $state<Sampling>(samplingSchema.parse({}));
  /** a moved fader asks again when it is let go */
  onRelease = $state(true);
  /** the faders, or the model's own choice */
  strategy = $state<Strategy>('faders');
  expectation = $state.raw<Expectation | null>(null);
  /** what lies over the desk; the palette opens it from any screen */
  dialog = $state<'save' | 'export' | 'evaluate' | null>(null);
  #restored = false;
  #draftTimer: ReturnType<typeof setTimeout> | undefined;
  #releaseTimer: ReturnType<typeof setTimeout> | undefined;

  /** a model without a chat template can only be asked raw */
  isRaw = $derived(this.raw || this.desk.model?.hasChatTemplate === false);
  /** whose rows “next row” takes */
  dataset = $derived(this.rows.chosenOf(datasets.value, this.desk.usable[0]?.expert?.provenance.datasetName, datasets.heldOut));
  dispatchersRead = $derived(dispatchers.of(this.desk.model?.id) !== undefined);
  /** what would choose; undefined with the faders, and before it is made */
  dispatcher = $derived(this.strategy === 'faders' ? undefined : dispatchers.find(this.desk.model?.id, this.strategy));
  canAsk = $derived(this.desk.model !== null && !this.desk.model.unusable && (this.prompt.trim() !== '' || this.isRaw) && (this.strategy === 'faders' || this.strategy === 'prompt' || this.dispatcher !== undefined));

  constructor() {
    this.answers.listen();
  }

  async ask(keepBase = false): Promise<void> {
    const model = this.desk.model;
    if (!model || !this.canAsk) return;
    await this.answers.ask({
      modelId: model.id, strategy: this.strategy, prompt: this.prompt, raw: this.isRaw, sampling: $state.snapshot(this.sampling), content: $state.snapshot(this.desk.content),
      expectation: this.expectation,
    }, keepBase);
  }

  /** A fader was let go: ask the same question again, once for a burst of keys. */
  released(): void {
    clearTimeout(this.#releaseTimer);
    if (!this.onRelease || this.strategy !== 'faders' || !this.answers.asked || this.answers.asked.prompt !== this.prompt) return;
    this.#releaseTimer = setTimeout(() => void this.ask(true), 220);
  }

  /** Puts another mix on the desk. One with unsaved changes is never gone at once: it can be taken back, with who mixed. */
  async replace(change: () => Promise<void> | void): Promise<void> {
    const { strategy } = this;
    const putBack = await this.desk.replace(change);
    if (!putBack) return;
    notifyUndo('The unsaved mix was replaced.', async () => {
      await putBack();
      this.strategy = strategy;
      this.released();
    });
  }

  typed(prompt: string): void {
    this.prompt = prompt;
    this.expectation = null;
  }

  async nextRow(): Promise<void> {
    const model = this.desk.model;
    const dataset = this.dataset;
    if (!model || !dataset) return;
    const row = await this.rows.next(model.id, dataset);
    if (!row) return;
    this.prompt = row.prompt;
    this.expectation = row.expectation;
    announce(`Row ${row.expectation.row + 1} of ${row.expectation.datasetName}.`);
    await this.ask();
  }

  /** Over the mix it came from, or under a name that is asked for. */
  async save(): Promise<void> {
    const { saved } = this.desk;
    if (!saved) {
      this.dialog = 'save';
      return;
    }
    await this.desk.save(saved.name, false);
    notify('success', `“${saved.name}” is saved.`);
  }

  async copyCommand(): Promise<void> {
    const model = this.desk.model;
    if (!model) return;
    const chooses = this.strategy !== 'faders';
    const { command } = await bridge.call('mixes.command', { modelId: model.id, ...(chooses ? { parts: [] } : $state.snapshot(this.desk.content)), prompt: this.prompt, raw: this.isRaw, sampling: $state.snapshot(this.sampling) });
    await navigator.clipboard.writeText(chooses ? command.replace(' generate ', ` answer --strategy ${this.strategy} `).replace(/ --seed (\d+)( --raw)?$/, ' --set seed=$1$2') : command);
    notify('success', 'The command line that gives this answer is on the clipboard.');
  }

  /** Brings back what lay on the desk when the window closed. Once; a draft that cannot be read is forgotten. */
  async restore(models: readonly ModelDto[], mixes: readonly { id: string }[]): Promise<void> {
    if (this.#restored) return;
    this.#restored = true;
    const draft = readDraft();
    const model = models.find((one) => one.id === draft?.modelId) ?? models.find((one) => one.source === 'bundled') ?? models.find((one) => one.svd.state === 'ready') ?? models[0] ?? null;
    this.desk.model = model;
    if (!draft) return;
    this.prompt = draft.prompt;
    this.raw = draft.raw;
    this.sampling = draft.sampling;
    this.onRelease = draft.onRelease;
    this.strategy = draft.strategy;
    this.rows.chosenId = draft.datasetId;
    if (draft.parts.length > 0 && this.desk.strips.length === 0) await this.desk.lay(draft);
    this.desk.factor = draft.factor;
    if (draft.mixId && mixes.some((mix) => mix.id === draft.mixId)) {
      this.desk.saved = (await bridge.call('mixes.list', {})).find((mix) => mix.id === draft.mixId) ?? null;
    }
  }

  get restored(): boolean {
    return this.#restored;
  }

  keepDraft(): void {
    if (!this.#restored) return;
    const draft: z.infer<typeof draftSchema> = {
      modelId: this.desk.model?.id ?? null, mixId: this.desk.saved?.id ?? null, ...this.desk.laid, factor: this.desk.factor,
      prompt: this.prompt, raw: this.raw, sampling: $state.snapshot(this.sampling), onRelease: this.onRelease, datasetId: this.rows.chosenId, strategy: this.strategy,
    };
    clearTimeout(this.#draftTimer);
    this.#draftTimer = setTimeout(() => {
      try {
        localStorage.setItem(draftKey, JSON.stringify(draft));
      } catch {
        // a window without storage keeps the desk only while it is open
      }
    }, 250);
  }
}

function readDraft(): z.infer<typeof draftSchema> | null {
  try {
    return draftSchema.parse(JSON.parse(localStorage.getItem(draftKey) ?? 'null'));
  } catch {
    return null;
  }
}

export const session = new Session();
