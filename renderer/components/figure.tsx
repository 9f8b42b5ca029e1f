import { Text } from '@mantine/core';

/** A measured value under its name, in a list of them; tabular figures, so that nothing jumps. */
export function Figure({ label, value, unit }: { label: string; value: string; unit?: string }) {
  return (
    <div>
      <Text component="dt" size="xs" c="dimmed">
        {label}
      </Text>
      <Text component="dd" size="lg" fw={600} className="figures" lh={1.3} truncate="end" title={value}>
        {value}
        {unit && (
          <Text span size="sm" fw={400} c="dimmed">
            {` ${unit}`}
          </Text>
        )}
      </Text>
    </div>
  );
}
