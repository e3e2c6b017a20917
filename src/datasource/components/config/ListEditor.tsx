import { Box, Button, Stack } from '@grafana/ui';
import type { ReactNode } from 'react';

interface Props<T> {
  items: T[];
  /** What one item is called in labels, such as `service level`. */
  noun: string;
  /** Shown while the list is empty. */
  empty: ReactNode;
  /** Creates a new item. */
  blank: () => T;
  disabled: boolean;
  onChange: (items: T[]) => void;
  children: (item: T, change: (item: T) => void, index: number) => ReactNode;
}

/** Edits a list of items with several fields each: one box per item, with a button that removes it. */
export function ListEditor<T>({ items, noun, empty, blank, disabled, onChange, children }: Props<T>) {
  return (
    <Stack direction="column" gap={2} alignItems="stretch">
      {items.length === 0 && empty}
      {items.map((item, index) => (
        // Items have no identity except their index. Every field is controlled, so nothing is lost when indexes shift.
        <Box key={index} borderStyle="solid" borderColor="weak" borderRadius="default" padding={2}>
          <Stack direction="row" gap={2} justifyContent="space-between" alignItems="flex-start">
            <div role="group" aria-label={`${noun} ${index + 1}`}>
              {children(
                item,
                (changed) => {
                  onChange(items.map((other, at) => (at === index ? changed : other)));
                },
                index,
              )}
            </div>
            <Button
              icon="trash-alt"
              variant="secondary"
              fill="text"
              aria-label={`Remove ${noun} ${index + 1}`}
              tooltip={`Remove this ${noun}`}
              disabled={disabled}
              onClick={() => {
                onChange(items.filter((_, at) => at !== index));
              }}
            />
          </Stack>
        </Box>
      ))}
      <div>
        <Button
          icon="plus"
          variant="secondary"
          disabled={disabled}
          onClick={() => {
            onChange([...items, blank()]);
          }}
        >
          Add {noun}
        </Button>
      </div>
    </Stack>
  );
}
