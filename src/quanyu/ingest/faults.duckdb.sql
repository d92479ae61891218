-- faults: empty tables of what is wrong with the rows of one file
CREATE OR REPLACE TEMP TABLE row_fault ("#row" BIGINT, feed INTEGER, faults VARCHAR[]);
CREATE OR REPLACE TEMP TABLE bad_row ("#row" BIGINT);
CREATE OR REPLACE TEMP TABLE stored_row ("#row" BIGINT);
CREATE OR REPLACE TEMP TABLE claimed_row ("#row" BIGINT);
CREATE OR REPLACE TEMP TABLE echo_vote ("#row" BIGINT);
CREATE OR REPLACE TEMP TABLE echo_seat ("#row" BIGINT);
CREATE OR REPLACE TEMP TABLE echo_row ("#row" BIGINT)
