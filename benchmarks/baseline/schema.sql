-- The tables of contract 2, section "Database Schema", in a schema of their own.
--
-- Departures, each in the pseudo-code's favour or forced: users and restaurants are the least that
-- the document's code reads; idx_hold_expiry has no WHERE, as PostgreSQL refuses NOW() there.

CREATE SCHEMA contract2;
SET search_path TO contract2;

CREATE TABLE users (
  user_id UUID PRIMARY KEY,
  email TEXT NOT NULL
);

CREATE TABLE restaurants (
  id UUID PRIMARY KEY,
  name TEXT NOT NULL,
  deposit_per_person DECIMAL(10, 2) NOT NULL
);

CREATE TABLE reservations (
  reservation_id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  user_id UUID NOT NULL REFERENCES users(user_id),
  restaurant_id UUID NOT NULL,
  date DATE NOT NULL,
  time TIME NOT NULL,
  party_size INTEGER NOT NULL,
  status VARCHAR(50) DEFAULT 'confirmed',
  confirmation_code VARCHAR(20) UNIQUE NOT NULL,
  deposit_amount DECIMAL(10, 2) NOT NULL,
  deposit_paid BOOLEAN DEFAULT false,
  payment_last4 VARCHAR(4),
  payment_brand VARCHAR(50),
  special_requests TEXT,
  created_at TIMESTAMP DEFAULT NOW(),
  cancelled_at TIMESTAMP,
  UNIQUE(restaurant_id, date, time, user_id)
);

CREATE INDEX idx_user_reservations ON reservations(user_id, date, status);
CREATE INDEX idx_restaurant_slots ON reservations(restaurant_id, date, time, status);

CREATE TABLE holds (
  hold_id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  user_id UUID NOT NULL,
  restaurant_id UUID NOT NULL,
  date DATE NOT NULL,
  time TIME NOT NULL,
  party_size INTEGER NOT NULL,
  deposit_amount DECIMAL(10, 2) NOT NULL,
  created_at TIMESTAMP DEFAULT NOW(),
  expires_at TIMESTAMP NOT NULL,
  UNIQUE(user_id, expires_at)
);

CREATE INDEX idx_hold_expiry ON holds(expires_at);

CREATE TABLE restaurant_capacity (
  restaurant_id UUID NOT NULL,
  date DATE NOT NULL,
  time TIME NOT NULL,
  total_tables INTEGER DEFAULT 10,
  available_tables INTEGER DEFAULT 10,
  updated_at TIMESTAMP DEFAULT NOW(),
  PRIMARY KEY (restaurant_id, date, time)
);

CREATE INDEX idx_capacity_check ON restaurant_capacity(restaurant_id, date, time);
