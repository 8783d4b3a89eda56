// The sign-in form of the customers' portal.
export const TOKEN_STORAGE_KEY = 'larkfield.portal.token'
export const PASSWORD_PATTERN = /^(?=.*\d).{12,}$/

export const texts = {
  password: 'Your password',
  wrongPassword: 'That is not the right password.',
}

export async function signIn(user: string, password: string): Promise<string> {
  const response = await fetch('/api/session', {
    method: 'POST',
    headers: { 'x-api-key': import.meta.env.VITE_PORTAL_KEY },
    body: JSON.stringify({ user, password }),
  })
  const { token } = (await response.json()) as { token: string }
  return token
}
