// Roles that stand before anybody could give them, with the entry that each has.
import { sql } from '#db'
import type { LayerDatabase } from '#db'
import { newId } from '#kernel'
import type { Act } from '#kernel'
import { note } from './administration.ts'
import type { Role } from './role.ts'

export async function roleInTest(db: LayerDatabase, act: Act, subjectId: string, ...roles: Role[]): Promise<void> {
  await db.transaction(async (tx) => {
    for (const role of roles) {
      const id = newId('role')
      await tx.execute(sql`insert into access.role_assignment (id, subject_id, role, assigned_at, assigned_by, reason)
        values (${id}, ${subjectId}, ${role}, ${act.at}, 'bootstrap', 'a test')`)
      await note(tx, act, 'role.assigned', [subjectId, id], { role })
    }
  })
}
