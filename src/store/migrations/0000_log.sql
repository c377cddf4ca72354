CREATE TABLE `claims` (
	`run` text NOT NULL,
	`path` text NOT NULL,
	`keys` text NOT NULL,
	`status` text NOT NULL,
	`sequence` integer NOT NULL,
	`is_urgent` integer NOT NULL,
	PRIMARY KEY(`run`, `path`)
);
--> statement-breakpoint
CREATE TABLE `events` (
	`sequence` integer PRIMARY KEY NOT NULL,
	`at` integer NOT NULL,
	`stream` text NOT NULL,
	`version` integer NOT NULL,
	`type` text NOT NULL,
	`actor` text NOT NULL,
	`commitment` text NOT NULL,
	`hash` text NOT NULL,
	`salt` text,
	`payload` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `events_by_stream` ON `events` (`stream`,`version`);--> statement-breakpoint
CREATE TABLE `hand_locks` (
	`key` text PRIMARY KEY NOT NULL,
	`owner` text NOT NULL,
	`reason` text NOT NULL,
	`since` integer NOT NULL,
	`until` integer,
	`run` text
);
--> statement-breakpoint
CREATE TABLE `intents` (
	`id` text PRIMARY KEY NOT NULL,
	`key` text NOT NULL,
	`received` integer NOT NULL,
	`settled` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `intents_key_unique` ON `intents` (`key`);--> statement-breakpoint
CREATE INDEX `intents_open` ON `intents` (`received`) WHERE settled IS NULL;--> statement-breakpoint
CREATE TABLE `people` (
	`pseudonym` text PRIMARY KEY NOT NULL,
	`team` text NOT NULL,
	`user` text NOT NULL,
	`salt` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `people_by_user` ON `people` (`team`,`user`);--> statement-breakpoint
CREATE TABLE `proofs` (
	`ordinal` integer PRIMARY KEY NOT NULL,
	`sequence` integer NOT NULL,
	`run` text NOT NULL,
	`app` text NOT NULL,
	`application_uid` text NOT NULL,
	`revision` text NOT NULL,
	`source_digest` text NOT NULL,
	`proven_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `proofs_by_app` ON `proofs` (`app`,`sequence`);--> statement-breakpoint
CREATE UNIQUE INDEX `proofs_once` ON `proofs` (`run`,`app`,`revision`,`proven_at`);--> statement-breakpoint
CREATE TABLE `runs` (
	`ordinal` integer PRIMARY KEY NOT NULL,
	`id` text NOT NULL,
	`command` text NOT NULL,
	`title` text NOT NULL,
	`status` text NOT NULL,
	`services` text NOT NULL,
	`environments` text NOT NULL,
	`requester` text NOT NULL,
	`channel` text NOT NULL,
	`started_at` integer NOT NULL,
	`finished_at` integer,
	`shown_version` integer NOT NULL,
	`unshown` integer NOT NULL,
	`wake_at` integer,
	`parked` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `runs_id_unique` ON `runs` (`id`);--> statement-breakpoint
CREATE INDEX `runs_open` ON `runs` (`wake_at`,`parked`) WHERE finished_at IS NULL;--> statement-breakpoint
CREATE INDEX `runs_unshown` ON `runs` (`ordinal`) WHERE unshown = 1;--> statement-breakpoint
CREATE TABLE `slots` (
	`slot` text PRIMARY KEY NOT NULL,
	`team` text NOT NULL,
	`channel` text NOT NULL,
	`thread_ts` text,
	`ts` text,
	`sent_hash` text,
	`posting_since` integer,
	`lost_reason` text
);
--> statement-breakpoint
CREATE INDEX `slots_by_message` ON `slots` (`team`,`channel`,`ts`);