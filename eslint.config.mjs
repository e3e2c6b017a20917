// @ts-check
import eslint from '@eslint/js';
import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

const typescript = ['**/*.{ts,tsx}'];

/** Rules of Grafana's plugin review that a linter can see. @type {import('eslint').Linter.RulesRecord} */
const grafanaRules = {
  'no-alert': 'error',
  'no-console': 'error',
  'no-restricted-globals': [
    'error',
    { name: 'location', message: 'Use locationService from @grafana/runtime: Grafana may live below a sub-path.' },
    { name: 'fetch', message: 'Use getBackendSrv from @grafana/runtime: it knows the sub-path and the session.' },
  ],
  'no-restricted-properties': [
    'error',
    { object: 'window', property: 'location', message: 'Use locationService from @grafana/runtime.' },
    { object: 'window', property: 'open', message: 'Use a link with rel="noopener".' },
  ],
  'no-restricted-imports': ['error', { patterns: ['*.css', '@grafana/*/dist/*'] }],
};

export default tseslint.config(
  {
    ignores: [
      '.cache/',
      'dist/',
      'target/',
      'node_modules/',
      'panel/pkg/',
      'src/generated/',
      'crates/*/dist/',
      'tests/*/',
      '!tests/grafana/',
    ],
  },
  eslint.configs.recommended,
  {
    files: typescript,
    extends: [
      tseslint.configs.strictTypeChecked,
      tseslint.configs.stylisticTypeChecked,
      reactHooks.configs.flat['recommended-latest'],
    ],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // Grafana's own `DataSourceApi.variables` is a union of classes, and every member of it trips this rule.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // Handlers without braces and both ways to write an array type are clear.
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/array-type': 'off',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
    },
  },
  { files: ['src/**/*.{ts,tsx}'], ignores: ['src/**/*.test.ts'], rules: grafanaRules },
  {
    files: ['crates/preview/page/**/*.{ts,tsx}'],
    // The page stands in for Grafana itself, which still uses what it asks plugins to leave.
    rules: { '@typescript-eslint/no-deprecated': 'off' },
  },
  {
    files: ['src/**/*.test.ts'],
    // node:test returns promises that the runner awaits itself.
    rules: { '@typescript-eslint/no-floating-promises': 'off' },
  },
  {
    files: ['tests/grafana/**/*.ts'],
    rules: {
      // A test asserts that an entry is there, and then uses it.
      '@typescript-eslint/no-non-null-assertion': 'off',
      // plugin-e2e declares fixtures as methods, and Playwright wants them taken apart.
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    files: ['**/*.mjs'],
    languageOptions: {
      globals: { process: 'readonly', console: 'readonly', document: 'readonly', URL: 'readonly', window: 'readonly' },
    },
  },
);
