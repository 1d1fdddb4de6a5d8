/** Headlamp's red is too dark for text on its dark background: the line below the field has the colour. */
export const readable = {
  '& .MuiFormHelperText-root.Mui-error, & .MuiInputLabel-root.Mui-error': { color: 'text.primary' },
} as const;
