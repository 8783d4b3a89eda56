// PostgreSQL as a target: what Reeve does there and how it sees what became of it.
export const POSTGRESQL = 'postgresql'
