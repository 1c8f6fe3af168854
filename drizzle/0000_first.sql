CREATE TABLE `conversations` (
	`id` text PRIMARY KEY NOT NULL,
	`title` text NOT NULL,
	`model_id` text NOT NULL,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`model_id`) REFERENCES `models`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `conversations_created` ON `conversations` (`created_at`);--> statement-breakpoint
CREATE TABLE `dataset_rows` (
	`key` integer PRIMARY KEY NOT NULL,
	`row` integer NOT NULL,
	`payload` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `datasets` (
	`id` text PRIMARY KEY NOT NULL,
	`number` integer NOT NULL,
	`name` text NOT NULL,
	`source` text NOT NULL,
	`file_name` text NOT NULL,
	`path` text NOT NULL,
	`rows` integer DEFAULT 0 NOT NULL,
	`unusable` integer DEFAULT 0 NOT NULL,
	`hash` text DEFAULT '' NOT NULL,
	`columns` text NOT NULL,
	`mapping` text NOT NULL,
	`suggested_grader` text NOT NULL,
	`description` text DEFAULT '' NOT NULL,
	`created_at` integer NOT NULL,
	`complete` integer DEFAULT false NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `datasets_number` ON `datasets` (`number`);--> statement-breakpoint
CREATE TABLE `expert_tags` (
	`expert_id` text NOT NULL,
	`tag` text NOT NULL,
	PRIMARY KEY(`expert_id`, `tag`),
	FOREIGN KEY (`expert_id`) REFERENCES `experts`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `expert_tags_tag` ON `expert_tags` (`tag`);--> statement-breakpoint
CREATE TABLE `expert_vectors` (
	`expert_id` text NOT NULL,
	`position` integer NOT NULL,
	`matrix` text NOT NULL,
	`z` blob NOT NULL,
	PRIMARY KEY(`expert_id`, `position`),
	FOREIGN KEY (`expert_id`) REFERENCES `experts`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `experts` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`model_id` text NOT NULL,
	`weights_hash` text NOT NULL,
	`description` text DEFAULT '' NOT NULL,
	`source` text NOT NULL,
	`created_at` integer NOT NULL,
	`deleted_at` integer,
	`parameters` integer NOT NULL,
	`matrices` integer NOT NULL,
	`base_score` real,
	`score` real,
	`gain_mean` real,
	`gain_low` real,
	`gain_high` real,
	`provenance` text NOT NULL,
	`search_text` text NOT NULL,
	`z_map` text NOT NULL,
	FOREIGN KEY (`model_id`) REFERENCES `models`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `experts_live_name` ON `experts` (`name`) WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX `experts_created` ON `experts` (`created_at`);--> statement-breakpoint
CREATE INDEX `experts_model` ON `experts` (`model_id`);--> statement-breakpoint
CREATE TABLE `jobs` (
	`id` text PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`title` text NOT NULL,
	`state` text NOT NULL,
	`position` integer NOT NULL,
	`heavy` integer NOT NULL,
	`input` text NOT NULL,
	`result` text,
	`created_at` integer NOT NULL,
	`started_at` integer,
	`ended_at` integer,
	`progress` text NOT NULL,
	`error` text,
	`run_id` text,
	`model_id` text,
	`expert_id` text,
	`depends_on` text,
	`owner` text NOT NULL,
	`heartbeat_at` integer NOT NULL,
	`deaths` integer DEFAULT 0 NOT NULL,
	`death_at` integer DEFAULT -1 NOT NULL,
	`keep_requested` integer DEFAULT false NOT NULL
);
--> statement-breakpoint
CREATE INDEX `jobs_state` ON `jobs` (`state`,`position`);--> statement-breakpoint
CREATE INDEX `jobs_run` ON `jobs` (`run_id`);--> statement-breakpoint
CREATE INDEX `jobs_created` ON `jobs` (`created_at`);--> statement-breakpoint
CREATE TABLE `messages` (
	`id` integer PRIMARY KEY NOT NULL,
	`conversation_id` text NOT NULL,
	`role` text NOT NULL,
	`content` text NOT NULL,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`conversation_id`) REFERENCES `conversations`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `messages_conversation` ON `messages` (`conversation_id`,`id`);--> statement-breakpoint
CREATE TABLE `mix_parts` (
	`mix_id` text NOT NULL,
	`position` integer NOT NULL,
	`expert_id` text NOT NULL,
	`alpha` text NOT NULL,
	`muted` integer NOT NULL,
	`solo` integer NOT NULL,
	PRIMARY KEY(`mix_id`, `position`),
	FOREIGN KEY (`mix_id`) REFERENCES `mixes`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`expert_id`) REFERENCES `experts`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `mixes` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`model_id` text NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`model_id`) REFERENCES `models`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `mixes_name` ON `mixes` (`model_id`,`name`);--> statement-breakpoint
CREATE TABLE `models` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`source` text NOT NULL,
	`folder` text NOT NULL,
	`hub_id` text,
	`license` text,
	`unusable` text,
	`facts` text,
	`weights_hash` text,
	`stamp` text DEFAULT '' NOT NULL,
	`svd` text DEFAULT '{"state":"none"}' NOT NULL,
	`added_at` integer NOT NULL,
	`removed_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `models_folder` ON `models` (`folder`);--> statement-breakpoint
CREATE INDEX `models_weights` ON `models` (`weights_hash`);--> statement-breakpoint
CREATE TABLE `run_checkpoints` (
	`run_id` text NOT NULL,
	`slot` text NOT NULL,
	`step` integer NOT NULL,
	`state` blob NOT NULL,
	PRIMARY KEY(`run_id`, `slot`),
	FOREIGN KEY (`run_id`) REFERENCES `runs`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `run_samples` (
	`run_id` text NOT NULL,
	`step` integer NOT NULL,
	`samples` text NOT NULL,
	PRIMARY KEY(`run_id`, `step`),
	FOREIGN KEY (`run_id`) REFERENCES `runs`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `run_steps` (
	`run_id` text NOT NULL,
	`step` integer NOT NULL,
	`metric` text NOT NULL,
	PRIMARY KEY(`run_id`, `step`),
	FOREIGN KEY (`run_id`) REFERENCES `runs`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `run_validations` (
	`run_id` text NOT NULL,
	`step` integer NOT NULL,
	`metric` text NOT NULL,
	PRIMARY KEY(`run_id`, `step`),
	FOREIGN KEY (`run_id`) REFERENCES `runs`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `runs` (
	`id` text PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`name` text NOT NULL,
	`job_id` text NOT NULL,
	`model_id` text NOT NULL,
	`model_name` text NOT NULL,
	`dataset_id` text,
	`dataset_name` text NOT NULL,
	`dataset_hash` text NOT NULL,
	`grader` text NOT NULL,
	`raw` integer NOT NULL,
	`preset` text NOT NULL,
	`config` text NOT NULL,
	`command` text NOT NULL,
	`created_at` integer NOT NULL,
	`base_score` real,
	`best_score` real,
	`best_step` integer,
	`gain_mean` real,
	`gain_low` real,
	`gain_high` real,
	`expert_id` text,
	`seconds` real,
	`end_state` text,
	FOREIGN KEY (`model_id`) REFERENCES `models`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`dataset_id`) REFERENCES `datasets`(`id`) ON UPDATE no action ON DELETE set null,
	FOREIGN KEY (`expert_id`) REFERENCES `experts`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `runs_created` ON `runs` (`created_at`);--> statement-breakpoint
CREATE INDEX `runs_dataset` ON `runs` (`dataset_id`);--> statement-breakpoint
CREATE TABLE `settings` (
	`key` text PRIMARY KEY NOT NULL,
	`value` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `unusable_rows` (
	`dataset_id` text NOT NULL,
	`row` integer NOT NULL,
	`reason` text NOT NULL,
	PRIMARY KEY(`dataset_id`, `row`),
	FOREIGN KEY (`dataset_id`) REFERENCES `datasets`(`id`) ON UPDATE no action ON DELETE cascade
);
