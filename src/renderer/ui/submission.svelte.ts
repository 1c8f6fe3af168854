/** What a dialog does when it is confirmed: whether it is under way, and why it failed. */
export class Submission {
  busy = $state(false);
  error = $state.raw<unknown>(null);

  /** Never rejects: a failure is in `error`, until the next time. While it is busy, nothing is begun again. */
  async run(work: () => Promise<unknown> | void): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.error = null;
    try {
      await work();
    } catch (failure) {
      this.error = failure;
    } finally {
      this.busy = false;
    }
  }
}
