"""Loads the day's claims into the warehouse."""
import os

from sqlalchemy import create_engine

SOURCE = create_engine("postgresql://claims_reader:LYnmjshREfSzxcRMP6@claims-db.larkfield.example:5432/claims")
WAREHOUSE = create_engine(os.environ["WAREHOUSE_URL"])

# for a database of your own: postgresql://user:password@localhost:5432/claims
QUERY = "select id, opened_at, amount from claims where opened_at >= :since"
