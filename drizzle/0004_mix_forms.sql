ALTER TABLE `mixes` ADD `form` text DEFAULT 'base-anchored' NOT NULL;--> statement-breakpoint
UPDATE `searches` SET `config` = json_set(`config`, '$.form', 'base-anchored');--> statement-breakpoint
UPDATE `jobs` SET `input` = json_set(`input`, '$.config.form', 'base-anchored') WHERE `kind` = 'search';
