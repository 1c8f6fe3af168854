/** What is asked on the Models screen; also opened by the command palette. */
class ModelDialogs {
  adding = $state(false);
  /** id of the model that is about to be removed */
  removing = $state<string | null>(null);
  /** id of the model whose spectrum is shown */
  spectrum = $state<string | null>(null);
}

export const modelDialogs = new ModelDialogs();
