/** Scoring what one has on any task: asking for it, and the list of what was scored. What several features share. */
export { default as EvaluateDialog } from './EvaluateDialog.svelte';
export { default as EvaluationList } from './EvaluationList.svelte';
export { evaluatedText, layOf } from './words.ts';
