/** Vite takes style sheets that modules import along. */
declare module '*.css';
