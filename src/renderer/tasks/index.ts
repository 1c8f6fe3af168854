/** Tasks on the set-up screens: choosing, changing and storing one. What several features share. */
export { default as GraderPicker } from './GraderPicker.svelte';
export { default as RoleEditor } from './RoleEditor.svelte';
export { default as SaveTask } from './SaveTask.svelte';
export { default as SplitsField } from './SplitsField.svelte';
export { default as TaskDetails } from './TaskDetails.svelte';
export { default as TaskPicker } from './TaskPicker.svelte';
export { TaskDraft } from './task-draft.svelte.ts';
export { taskAbout } from './words.ts';
