// The only script of the HTML report: filters the findings, opens what a link points at, opens all for print.
// SECURITY: it reads attributes and text, and writes no markup.

export const SCRIPT = `(() => {
  'use strict'
  const form = document.querySelector('.filters')
  const items = [...document.querySelectorAll('[data-finding]')]
  const byId = (id) => document.getElementById(id)
  const order = ['info', 'low', 'medium', 'high', 'critical']
  if (form) {
    const fields = { text: byId('f-text'), severity: byId('f-severity'), owner: byId('f-owner'), detector: byId('f-detector') }
    const texts = new Map()
    const textOf = (item) => {
      if (!texts.has(item)) texts.set(item, item.textContent.toLowerCase())
      return texts.get(item)
    }
    const apply = () => {
      const words = fields.text.value.toLowerCase().split(/\\s+/).filter(Boolean)
      const bar = order.indexOf(fields.severity.value)
      let shown = 0
      for (const item of items) {
        const fits =
          (bar < 0 || order.indexOf(item.dataset.severity) >= bar) &&
          (!fields.owner.value || item.dataset.owner === fields.owner.value) &&
          (!fields.detector.value || item.dataset.detector === fields.detector.value) &&
          words.every((word) => textOf(item).includes(word))
        item.hidden = !fits
        if (fits) shown += 1
      }
      for (const group of document.querySelectorAll('[data-group]')) {
        const left = group.querySelectorAll('[data-finding]:not([hidden])').length
        group.hidden = left === 0
        group.querySelector('[data-count]').textContent = String(left)
      }
      byId('f-count').textContent = shown === items.length ? shown + ' findings' : shown + ' of ' + items.length + ' findings'
      byId('none').hidden = shown > 0
    }
    const clear = () => {
      form.reset()
      apply()
    }
    form.hidden = false
    form.addEventListener('submit', (event) => event.preventDefault())
    form.addEventListener('input', apply)
    document.querySelector('[data-clear]').addEventListener('click', clear)
    for (const link of document.querySelectorAll('a[data-detector]')) {
      link.addEventListener('click', () => {
        form.reset()
        fields.detector.value = link.dataset.detector
        apply()
      })
    }
    const openTarget = () => {
      const target = location.hash.length > 1 ? byId(decodeURIComponent(location.hash.slice(1))) : null
      if (target && target.matches('details')) {
        if (target.hidden) clear()
        target.open = true
        target.scrollIntoView()
      }
    }
    addEventListener('hashchange', openTarget)
    openTarget()
  }
  let closed = []
  addEventListener('beforeprint', () => {
    closed = [...document.querySelectorAll('details:not([open])')]
    for (const one of closed) one.open = true
  })
  addEventListener('afterprint', () => {
    for (const one of closed) one.open = false
  })
})()`
