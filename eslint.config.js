import js from '@eslint/js';
import { flatConfigs as importX, createNodeResolver } from 'eslint-plugin-import-x';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';
import { roomsRule } from './scripts/lint/rooms.js';

const typescriptFiles = ['**/*.ts'];
const svelteFiles = ['src/renderer/**/*.svelte', 'src/renderer/**/*.svelte.ts'];
const testFiles = ['**/*.test.ts', 'tests/**/*.ts'];

export default defineConfig(
  globalIgnores(['node_modules/', 'out/', 'dist/', 'release/', 'coverage/', 'test-results/', 'playwright-report/', '.cache/', '.tmp/', 'tests/fixtures/', 'native-models/**/*.js']),
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  {
    files: [...typescriptFiles, ...svelteFiles],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname, extraFileExtensions: ['.svelte'] } },
    rules: {
      // Without noUncheckedIndexedAccess every index is "never undefined", and the checks that guard it look needless.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      // Numbers in a message are what the message is about.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // `return end(response, 404, …)` says "answer and stop" in one line.
      '@typescript-eslint/no-confusing-void-expression': 'off',
      // The contract types a call by a parameter that appears once, on purpose.
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      // An async function without await is how a synchronous implementation keeps an asynchronous interface.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-invalid-void-type': 'off',
      // Code points are what `[...text]` is for here.
      '@typescript-eslint/no-misused-spread': 'off',
      // Interfaces write functions as methods; none of ours reads `this`.
      '@typescript-eslint/unbound-method': 'off',
      // `every` narrows no array, so a conversion says what the check before it made sure of.
      '@typescript-eslint/no-unnecessary-type-conversion': 'off',
      '@typescript-eslint/no-meaningless-void-operator': 'off',
      // What was caught is passed on as it is; `toErrorDto` makes sense of anything.
      '@typescript-eslint/prefer-promise-reject-errors': ['error', { allowThrowingUnknown: true }],
      '@typescript-eslint/no-generated-empty-object-type': 'off',
      '@typescript-eslint/no-dynamic-delete': 'off',
      '@typescript-eslint/no-extraneous-class': 'off',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'none' }],
    },
  },
  {
    files: svelteFiles,
    extends: [svelte.configs['flat/recommended']],
    languageOptions: { parserOptions: { parser: tseslint.parser } },
    rules: {
      // The template's types are svelte-check's work; the parser sees component imports as `any`.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      'no-undef': 'off',
      // `let { value } = $props()` is the language.
      'prefer-const': 'off',
      'svelte/no-at-html-tags': 'error',
      // A Map that no view reads is only a Map; what must react is said with a rune or a SvelteMap where it stands.
      'svelte/prefer-svelte-reactivity': 'off',
      'svelte/no-navigation-without-resolve': 'off',
    },
  },
  {
    // The map of the house: who may import whom, no circles, no file too long to read.
    files: ['src/**/*.ts', 'src/**/*.svelte'],
    plugins: { singular: { rules: { rooms: roomsRule } } },
    rules: { 'singular/rooms': 'error', 'max-lines': ['error', 400] },
  },
  { files: ['src/**/*.test.ts', 'src/**/testing/**', 'src/**/testing.ts', 'src/**/*.config.ts'], rules: { 'singular/rooms': 'off' } },
  {
    files: ['src/**/*.ts'],
    plugins: importX.typescript.plugins ?? importX.recommended.plugins,
    settings: { ...importX.typescript.settings, 'import-x/resolver-next': [createNodeResolver({ extensions: ['.ts', '.js'] })] },
    rules: { 'import-x/no-cycle': ['error', { ignoreExternal: true }] },
  },
  {
    files: testFiles,
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      // Vitest's asymmetric matchers (`expect.any`) are typed as any.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      'max-lines': 'off',
    },
  },
  { files: ['**/*.js', '**/*.mjs'], languageOptions: { globals: globals.node } },
  { files: ['src/renderer/**'], languageOptions: { globals: globals.browser } },
);
