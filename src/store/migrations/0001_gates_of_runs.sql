ALTER TABLE `runs` ADD `gates` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX `runs_at_gates` ON `runs` (`gates`) WHERE gates > 0;--> statement-breakpoint
UPDATE `runs` SET `gates` = 1 WHERE `finished_at` IS NULL AND `parked` = 1 AND 'gate.opened' = (
	SELECT `type` FROM `events` WHERE `stream` = `runs`.`id`
		AND `type` IN ('gate.opened', 'gate.voided', 'step.succeeded', 'step.failed', 'step.cancelled')
	ORDER BY `version` DESC LIMIT 1);
