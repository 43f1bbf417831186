"""${message[:1].upper()}${message[1:]}.

Why: …
How long on a large table: …
Contracts: the tables that lose something, after a version that no longer needs it. (Without this
line a migration only adds, so that the program of before goes on beside it.)
"""

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    """…"""
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    """…"""
    ${downgrades if downgrades else "pass"}
