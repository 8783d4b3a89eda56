// What the access layer keeps: observed accounts and entitlements, and who may use Reeve itself.
export * from './role/index.ts'
